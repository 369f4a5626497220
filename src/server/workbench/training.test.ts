import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { requireBuild, tinyExperiment } from '../../cli/testing.ts';
import { decodePng } from '../../pictures/png.ts';
import type { Estimate, Run, RunEvent, RunState, RunSummary } from '../contract/workbench.ts';
import { models, temporaryFolder, type Workbench, workbench } from './testing.ts';

// Runs are trained by the built command.
beforeAll(requireBuild);

/** A RoBERTa of one layer that learns 120 pairs in about 50 steps. */
const experiment = {
  ...tinyExperiment(join(models, 'emoji-tokenizer')),
  corpus: { pairs: '../corpora/pairs.jsonl', validation: 0.2 },
};

async function withPairs(): Promise<{ bench: Workbench; root: string }> {
  const root = await temporaryFolder();
  const bench = await workbench({}, root);
  const captions = await readFile(join(models, 'emoji-sd', 'captions', 'train.jsonl'), 'utf8');
  await writeFile(join(root, 'corpora', 'pairs.jsonl'), captions.split('\n').slice(0, 120).join('\n'));
  return { bench, root };
}

/** What a client hears of a run, over a connection of its own. */
async function listen({ app }: Workbench, name: string) {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const leave = new AbortController();
  onTestFinished(() => leave.abort());
  const response = await fetch(`http://127.0.0.1:${port}/api/runs/${name}/events`, { signal: leave.signal });
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const heard: RunEvent[] = [];
  const ended = (async () => {
    let rest = '';
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      const blocks = (rest + Buffer.from(bytes).toString()).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const [, kind, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (kind) heard.push({ kind, ...JSON.parse(data!) });
      }
    }
  })().catch(() => {});
  return { heard, ended };
}

async function until(what: string, holds: () => unknown): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); await sleep(50)) {
    if (Date.now() > end) throw new Error(`After a minute there is still no ${what}.`);
  }
}

const stepsOf = (heard: readonly RunEvent[]) =>
  heard.flatMap((event) => {
    if (event.kind === 'run') return event.run.steps.map(({ step }) => step);
    return event.kind === 'step' ? [event.step.step] : [];
  });

/** Epochs with losses, and those with samples, that a client knows of: told with the whole run, or by themselves. */
const epochsOf = (heard: readonly RunEvent[]) => ({
  losses: heard.flatMap((event) => {
    if (event.kind === 'run') return event.run.epochsDone.map(({ epoch }) => epoch);
    return event.kind === 'epoch' ? [event.epoch.epoch] : [];
  }),
  samples: heard.flatMap((event) => {
    if (event.kind === 'run') return event.run.samples;
    return event.kind === 'sample' ? [event.epoch] : [];
  }),
});

/** The states that a client sees, one after the other. */
const statesOf = (heard: readonly RunEvent[]) => {
  const states = heard.flatMap((event): RunState[] => {
    if (event.kind === 'run') return [event.run.state];
    return event.kind === 'summary' ? [event.summary.state] : [];
  });
  return states.filter((state, i) => state !== states[i - 1]);
};

test('a run is started, followed live, stopped, killed, resumed, and finished with its samples', async () => {
  const { bench, root } = await withPairs();
  const { get, post } = bench;
  const run = join(root, 'runs', 'tiny');
  expect(await post('/api/runs', { text: stringify(experiment) })).toMatchObject({ state: 'running' });
  await post('/api/runs', { text: stringify(experiment) }, 409);
  await post('/api/runs', { text: stringify({ ...experiment, name: 'second' }) });
  expect(await post('/api/runs/second/stop')).toMatchObject({ state: 'stopped' });

  const live = await listen(bench, 'tiny');
  const reached = (state: RunState) => until(state, () => statesOf(live.heard).at(-1) === state);
  await until('step', () => stepsOf(live.heard).length >= 12);
  expect(await post('/api/runs/tiny/stop')).toMatchObject({ state: 'stopping' });
  await reached('stopped');
  const stopped = await get<Run>('/api/runs/tiny');
  expect(stopped.step).toBeGreaterThanOrEqual(12);
  expect(stopped.step).toBeLessThan(stopped.totalSteps!);
  await post('/api/runs/tiny/stop', undefined, 409);

  const changed = { ...experiment, seed: 4 };
  expect(await post('/api/runs', { text: stringify(changed) }, 409)).toMatchObject({
    title: expect.stringContaining('seed is 3 there, 4 here'),
  });

  await post('/api/runs/tiny/resume');
  await until('step', async () => (await get<Run>('/api/runs/tiny')).step > stopped.step + 5);
  const { pid } = JSON.parse(await readFile(join(run, 'lock.json'), 'utf8'));
  process.kill(Number(execFileSync('ps', ['-o', 'ppid=', '-p', pid])), 'SIGKILL');
  await reached('failed');
  expect(await get('/api/runs/tiny')).toMatchObject({
    failure: { code: 'INTERRUPTED', problem: expect.stringContaining('SIGKILL') },
  });

  await post('/api/runs/tiny/resume');
  await reached('finished');
  const finished = await get<Run>('/api/runs/tiny');
  const all = Array.from({ length: finished.totalSteps! }, (_, i) => i + 1);
  expect(finished).toMatchObject({ epoch: 1, epochs: 1, step: all.length, samples: [1] });
  expect(finished.failure).toBeUndefined();
  expect(finished.steps.map(({ step }) => step)).toEqual(all);
  expect(finished.epochsDone).toHaveLength(1);
  await post('/api/runs/tiny/resume', undefined, 409);
  const grid = await bench.app.inject('/api/runs/tiny/samples/1.png');
  expect(decodePng(grid.rawPayload).image.width).toBeGreaterThan(400);

  expect(live.heard[0]?.kind).toBe('run');
  const lastRun = live.heard.findLastIndex(({ kind }) => kind === 'run');
  expect(lastRun).toBeGreaterThan(0);
  expect(stepsOf(live.heard.slice(lastRun))).toEqual(all);
  expect(statesOf(live.heard)).toEqual(expect.arrayContaining(['running', 'stopped', 'failed', 'finished']));
  expect(epochsOf(live.heard.slice(lastRun))).toEqual({ losses: [1], samples: [1] });
});

test('a server that closes ends its streams and stops its run with a checkpoint', async () => {
  const { bench, root } = await withPairs();
  await bench.post('/api/runs', { text: stringify({ ...experiment, samples: [] }) });
  const live = await listen(bench, 'tiny');
  await until('step', () => stepsOf(live.heard).length >= 3);
  await bench.app.close();
  await live.ended;
  const next = await workbench({}, root);
  const stopped = await next.get<RunSummary>('/api/runs/tiny');
  expect(stopped).toMatchObject({ state: 'stopped' });
  expect(stopped.step).toBeGreaterThanOrEqual(3);
});

test('a run waits for the one before, and fails with the reason that it told', async () => {
  const { bench } = await withPairs();
  const student = { ...experiment.student, tokenizer: join(models, 'emoji-sd') };
  const names = ['first', 'second'];
  for (const name of names)
    await bench.post('/api/runs', { text: stringify({ ...experiment, name, student }) });
  const runOf = (name: string) => bench.get<Run>(`/api/runs/${name}`);
  expect((await runOf('second')).state).toBe('waiting');
  for (const name of names) {
    await until('failure', async () => (await runOf(name)).state === 'failed');
    const problem = expect.stringContaining('emoji-sd');
    expect((await runOf(name)).failure).toMatchObject({ code: 'CHECKPOINT', problem });
  }
});

test('an experiment is rehearsed: what it would take, or why it cannot be run', async () => {
  const { bench } = await withPairs();
  const estimate = await bench.post<Estimate>('/api/experiments/check', { text: stringify(experiment) }, 200);
  expect(estimate).toMatchObject({ steps: expect.any(Number), trainPairs: expect.any(Number) });
  expect(estimate.steps).toBe(Math.ceil(estimate.trainPairs / 2));
  for (const value of Object.values(estimate)) expect(value).toBeGreaterThan(0);
  const missing = { ...experiment, corpus: { pairs: '../corpora/none.jsonl' } };
  const check = (text: string) => bench.post('/api/experiments/check', { text }, 422);
  expect(await check(stringify(missing))).toMatchObject({ title: expect.stringContaining('none.jsonl') });
  expect(await check('name: 3')).toMatchObject({ field: 'name' });
  expect(await bench.get('/api/runs')).toEqual({ runs: [] });
});
