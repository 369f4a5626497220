import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openTextEncoder, type TextEncoder } from '../encoders/textEncoder.ts';
import { ConfigError, InputError } from '../errors.ts';
import { finish } from '../generation/finish.ts';
import { openPipeline } from '../generation/open.ts';
import type { Pipeline } from '../generation/pipeline.ts';
import { openRuntime } from '../runtime/node.ts';
import { readCaptions } from './emojiCaptions.ts';
import { emojiSuite, type SuiteItem, sceneOf } from './emojiSuite.ts';
import { type EmojiWorld, openEmojiWorld } from './emojiWorld.ts';
import {
  defaultSystems,
  type Evaluation,
  type EvaluationProgress,
  evaluatePictures,
} from './evaluatePictures.ts';
import { evaluationJson, formatSummary, formatTable } from './evaluationTable.ts';
import { exampleGrid } from './exampleGrid.ts';
import { type Journal, openJournal } from './journal.ts';
import { type CaptionSuite, readSuite } from './suite.ts';

const folder = 'models/emoji-sd';
let world: EmojiWorld;
let pipeline: Pipeline;
let teacher: TextEncoder;
let items: readonly SuiteItem[];
let suite: CaptionSuite;

beforeAll(async () => {
  const runtime = await openRuntime('cpu');
  world = await openEmojiWorld(folder);
  pipeline = await openPipeline(runtime, `${folder}/model`);
  teacher = { ...(await openTextEncoder(runtime, `${folder}/model/text_encoder`)), name: 'teacher' };
  const sets = ['seen-white', 'seen-color'] as const;
  suite = (await readSuite('suites/emoji.yaml')) as CaptionSuite;
  items = emojiSuite(world, await readCaptions(folder), suite.sets, { objects: 6, sets });
});

afterAll(async () => {
  await pipeline.dispose();
  await teacher.dispose();
});

describe('the model with its own text encoder', () => {
  const seen: EvaluationProgress[] = [];
  let evaluation: Evaluation;

  beforeAll(async () => {
    const run = evaluatePictures(pipeline, world, items, defaultSystems(teacher, []));
    evaluation = await finish(run, (progress) => seen.push(progress));
  }, 300_000);

  const share = (system: string, what: 'top1' | 'background') => {
    const rows = evaluation.rows.filter((row) => row.system === system);
    const sum = (count: 'right' | 'n') => rows.reduce((total, row) => total + row[what][count], 0);
    return sum('right') / sum('n');
  };

  it('draws what English asks for, and not what Korean asks for', () => {
    expect(share('teacher en', 'top1')).toBeGreaterThanOrEqual(0.75);
    expect(share('teacher en', 'background')).toBeGreaterThanOrEqual(0.75);
    expect(share('teacher ko', 'top1')).toBeLessThanOrEqual(0.25);
  });

  it('tells of every batch', () => {
    expect(seen.map(({ done, total }) => [done, total])).toEqual([8, 12, 20, 24].map((done) => [done, 24]));
    expect(seen.flatMap(({ pictures }) => pictures)).toEqual(evaluation.pictures);
  });

  it('draws an item from the same noise for every system', () => {
    const seeds = (name: string) =>
      evaluation.pictures.filter(({ system }) => system === name).map(({ seed }) => seed);
    expect(seeds('teacher en')).toEqual(items.map((_, i) => i));
    expect(seeds('teacher ko')).toEqual(seeds('teacher en'));
  });

  it('makes a table with a line for each system and set', () => {
    expect(evaluation.rows.map(({ system, set, n }) => [system, set, n])).toEqual([
      ['teacher en', 'seen-white', 6],
      ['teacher en', 'seen-color', 6],
      ['teacher ko', 'seen-white', 6],
      ['teacher ko', 'seen-color', 6],
    ]);
    const lines = formatTable(evaluation).trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[2]).toMatch(/^\| teacher en \| seen white +\| 6 +\| \d+ % \[\d+, \d+\]/);
    expect(formatTable(evaluation, { format: 'terminal' })).not.toContain('|');
  });

  it('makes a summary with a line for each system and a column for each set', () => {
    const [head, rule, english, korean, ...rest] = formatSummary(evaluation, suite.probes ?? {})
      .trimEnd()
      .split('\n');
    expect(head).toMatch(/seen, on white \| .*seen, on a colour \|$/);
    expect(rule).toBe('| --- | ---: | ---: |');
    expect(english).toMatch(
      /^\| 원본 \+ 영어<br>original \+ English(?: \| \*\*\d+%\*\* <sub>\d+ · \d+<\/sub>){2} \|$/,
    );
    expect(korean).toContain('원본 + 한국어 (전)');
    expect(rest).toEqual([]);
  });

  it('makes JSON without pixels, and a grid of examples with the real drawings', () => {
    const json = JSON.parse(JSON.stringify(evaluationJson(evaluation)));
    expect(json.pictures).toHaveLength(24);
    expect(json.pictures[0]).toMatchObject({ system: 'teacher en', seed: 0, en: items[0]!.en });
    expect(json.pictures[0]).not.toHaveProperty('picture');
    const grid = exampleGrid(world, evaluation, 3);
    expect(grid.columns).toEqual([
      '정답\nreal drawing',
      '원본 + 영어\noriginal + English',
      '원본 + 한국어 (전)\noriginal + Korean (before)',
    ]);
    expect(grid.rows.map(({ cells }) => cells.length)).toEqual([3, 3, 3]);
    expect(new Set(grid.rows.map(({ label }) => label)).size).toBe(3);
    expect(grid.rows[0]!.cells[0]).toEqual(world.draw(sceneOf(items[0]!)));
  });
});

describe('what a journal kept', () => {
  /** Pictures of a file and of a generator hold their bytes in different kinds of arrays. */
  const bytesIn = ({ pictures, ...rest }: Evaluation) => ({
    ...rest,
    pictures: pictures.map(({ picture, ...one }) => ({ ...one, bytes: [...picture.data] })),
  });

  const measure = (journal: Journal, drawing: Pipeline, batch = 2) => {
    const some = items.slice(0, 3);
    return finish(
      evaluatePictures(drawing, world, some, defaultSystems(teacher, []), { steps: 2, batch, journal }),
    );
  };

  it('is not drawn again, and gives the same evaluation', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ksd-kept-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const journal = openJournal(folder, {});
    let drawn = 0;
    const watched: Pipeline = {
      ...pipeline,
      draw: (request) => {
        drawn++;
        return pipeline.draw(request);
      },
    };
    const first = await measure(journal, watched);
    expect(drawn).toBe(4);
    const [lost] = await readdir(folder);
    await rm(join(folder, lost!));
    expect(bytesIn(await measure(journal, watched))).toEqual(bytesIn(first));
    expect(drawn).toBe(5);
    // Other batches round differently.
    await measure(journal, watched, 3);
    expect(drawn).toBe(7);
  });
});

describe('a request that cannot be served', () => {
  const run = (change: {
    pipeline?: Pipeline;
    items?: readonly SuiteItem[];
    encoders?: readonly TextEncoder[];
    batch?: number;
  }) =>
    evaluatePictures(
      change.pipeline ?? pipeline,
      world,
      change.items ?? items,
      defaultSystems(teacher, change.encoders ?? []),
      { batch: change.batch ?? 8 },
    ).next();

  it('is refused before anything is drawn', async () => {
    await expect(run({ pipeline: { ...pipeline, side: 512 } })).rejects.toThrow(ConfigError);
    await expect(run({ items: [] })).rejects.toThrow('0 prompts and 2 systems');
    await expect(run({ encoders: [teacher] })).rejects.toThrow('Two systems are called "teacher ko"');
    await expect(run({ batch: 0 })).rejects.toThrow(InputError);
  });

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort();
    const stopped = evaluatePictures(pipeline, world, items, defaultSystems(teacher, []), { signal }).next();
    await expect(stopped).rejects.toThrow('aborted');
  });
});
