import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { openPipeline } from '../../generation/open.ts';
import { writeGuardedModel } from '../../generation/testing/guardedModel.ts';
import { openRuntime } from '../../runtime/node.ts';
import type { Runtime } from '../../runtime/session.ts';
import type { GenerateRequest } from '../contract/drawing.ts';
import { compareEncoders } from './compare.ts';
import { diagnosePrompt } from './diagnose.ts';
import { generatePictures } from './generate.ts';
import { createStudio } from './studio.ts';
import type { Complete, DrawingEvent } from './task.ts';

const model = { name: 'tiny', folder: 'fixtures/golden/pipeline/sd_tiny' };
const request: Complete<GenerateRequest> = {
  kind: 'generate',
  ...{ prompt: 'a red apple', negativePrompt: '', seed: 1, steps: 3, guidance: 5, scheduler: 'unipc' },
  ...{ width: 32, height: 32, count: 1, previewEvery: 0 },
};

const engine = await openRuntime('cpu');
const opened: string[] = [];
let closed = 0;
const runtime: Runtime = {
  ...engine,
  async open(bytes, options) {
    opened.push(options?.name ?? '');
    const session = await engine.open(bytes, options);
    return {
      ...session,
      dispose: () => {
        closed++;
        return session.dispose();
      },
    };
  },
};
const pipeline = await openPipeline(runtime, model.folder);
afterAll(() => pipeline.dispose());

/** Cancels at the step `at`; what was yielded until it stopped. */
async function cancelledAt(at: number): Promise<DrawingEvent[]> {
  const stop = new AbortController();
  const events: DrawingEvent[] = [];
  const run = generatePictures({ pipeline, previews: undefined }, undefined, request, stop.signal);
  await expect(
    (async () => {
      for await (const event of run) {
        events.push(event);
        if (event.kind === 'step' && event.progress.done === at) stop.abort();
      }
    })(),
  ).rejects.toThrow(/abort/i);
  return events;
}

test('a cancelled drawing makes no further model call, and after the last one decodes nothing', async () => {
  expect(await cancelledAt(1)).toHaveLength(1);
  const last = await cancelledAt(3);
  expect(last.at(-1)).toMatchObject({ kind: 'step', progress: { stage: 'decoding', done: 3, total: 3 } });
  const before = [...opened];
  expect(before.length).toBeGreaterThan(0);
  // What is not cancelled opens the decoder: it had not been needed until now.
  const events: DrawingEvent[] = [];
  const never = new AbortController().signal;
  for await (const event of generatePictures({ pipeline, previews: undefined }, undefined, request, never)) {
    events.push(event);
  }
  expect(events.at(-1)).toMatchObject({
    kind: 'generated',
    pictures: [{ parameters: { seed: '1', student: 'none' } }],
  });
  expect(opened).toHaveLength(before.length + 1);
});

test('what the safety checker flags is recorded so, whichever job drew it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-drawing-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeGuardedModel(folder, -2);
  const guarded = await openPipeline(engine, folder);
  const open = { pipeline: guarded, previews: undefined };
  const never = new AbortController().signal;
  const { count, previewEvery, ...settings } = { ...request, steps: 1 };
  const runs = [
    generatePictures(open, undefined, { ...settings, count, previewEvery }, never),
    compareEncoders(open, [], { ...settings, kind: 'compare', ko: '고양이', en: 'a cat' }, never),
    diagnosePrompt(open, model, undefined, { ...settings, kind: 'diagnose' }, never),
  ];
  const flagged: boolean[][] = [];
  for (const run of runs) {
    for await (const event of run) {
      if (event.kind === 'generated') flagged.push(event.pictures.map((picture) => picture.flagged));
      if (event.kind === 'compared') flagged.push(event.columns.map(({ picture }) => picture.flagged));
      if (event.kind === 'diagnosed') flagged.push([event.picture.flagged]);
    }
  }
  await guarded.dispose();
  expect(flagged).toEqual([[true], [true, true], [true]]);
});

test('many pictures are drawn a few at a time and counted together', async () => {
  const events: DrawingEvent[] = [];
  const never = new AbortController().signal;
  const many = { ...request, count: 6, previewEvery: 1 };
  for await (const event of generatePictures({ pipeline, previews: undefined }, undefined, many, never)) {
    events.push(event);
  }
  const steps = events.filter((event) => event.kind === 'step');
  expect(steps.map(({ progress }) => progress.done)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(steps.at(-2)?.previews).toHaveLength(6);
  const last = events.at(-1);
  expect(last?.kind === 'generated' && last.pictures.map(({ parameters }) => parameters.seed)).toEqual([
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
  ]);
});

test('steps that only count are told now and then, but the first, the last and every preview are', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  const toldOf = async (previewEvery: number) => {
    const run = generatePictures(
      { pipeline, previews: undefined },
      undefined,
      { ...request, steps: 6, previewEvery },
      new AbortController().signal,
    );
    const told: number[] = [];
    for await (const event of run) if (event.kind === 'step') told.push(event.progress.done);
    return told;
  };
  expect(await toldOf(0)).toEqual([1, 6]);
  expect(await toldOf(2)).toEqual([1, 2, 4, 6]);
});

test('of the models that were opened, the one that was used least lately makes room', async () => {
  const studio = createStudio(runtime);
  const places = ['a', 'b', 'c'].map((name) => ({
    name,
    folder: `${model.folder}/${'./'.repeat(name.charCodeAt(0) - 96)}`,
  }));
  const [a, b, c] = places as [typeof model, typeof model, typeof model];
  const first = await studio.model(a);
  await studio.model(b);
  expect(await studio.model(a)).toBe(first);
  await first.pipeline.draw({ prompt: 'x', steps: 1 });
  const before = closed;
  await studio.model(c);
  expect(closed).toBe(before);
  expect(await studio.model(a)).toBe(first);
  await studio.model(b);
  await studio.model(c);
  expect(closed).toBeGreaterThan(before);
  expect(await studio.model(a)).not.toBe(first);
});
