import { readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { decodePng } from '../pictures/png.ts';
import { randomStream } from '../random/stream.ts';
import {
  ksd,
  type Running,
  requireBuild,
  root,
  startKsd,
  startKsdOnFullDisk,
  temporaryFolder,
  tinyExperiment,
} from './testing.ts';

beforeAll(requireBuild);

const emoji = join(root, 'models', 'emoji-sd');

/** A RoBERTa of one layer that learns 200 pairs in about 80 steps. */
const experiment = tinyExperiment('vocab');

/** A folder with the experiment, its pairs, and the vocabulary that `ksd vocab` made of them. */
async function prepare(): Promise<string> {
  const folder = await temporaryFolder();
  const captions = await readFile(join(emoji, 'captions', 'train.jsonl'), 'utf8');
  await writeFile(join(folder, 'pairs.jsonl'), captions.split('\n').slice(0, 200).join('\n'));
  await writeFile(join(folder, 'tiny.yaml'), stringify(experiment));
  const { status, stdout } = await ksd(folder, ['vocab', 'pairs.jsonl', '--size', '1500', '--out', 'vocab']);
  expect(status).toBe(0);
  expect(stdout).toContain('vocab');
  return folder;
}

async function metricsOf(run: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(run, 'metrics.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Starts the run and sends a signal to the command, or to its training process, after `steps` steps. */
async function interrupted(
  folder: string,
  out: string,
  steps: number,
  signal: 'SIGKILL' | 'SIGINT' | 'SIGTERM',
  whom: 'command' | 'trainer' = 'command',
) {
  const run = join(folder, out, 'tiny');
  const { child, finished } = startKsd(folder, ['distill', 'tiny.yaml', '--out', out]);
  while (child.exitCode === null && (await metricsOf(run)).length < steps) await sleep(5);
  if (whom === 'command') child.kill(signal);
  else process.kill(JSON.parse(await readFile(join(run, 'lock.json'), 'utf8')).pid, signal);
  return finished;
}

/** The training process at work in the run's folder, or that was when it was killed. */
async function lockedBy(run: string): Promise<number | undefined> {
  const lock = await readFile(join(run, 'lock.json'), 'utf8').catch(() => undefined);
  return lock === undefined ? undefined : (JSON.parse(lock).pid as number);
}

/**
 * Ends the command and its training process at once, wherever they are. A kill hits if the command dies of it, and either
 * the training process is still there or the run has not all its `metrics`: behind the end, nothing can be spoilt.
 * `before` held the folder when the command was started: it is gone, and its number may be another's.
 */
async function kill(
  { child, finished }: Running,
  run: string,
  before: number | undefined,
  metrics: number,
): Promise<boolean> {
  const trainer = await lockedBy(run);
  child.kill('SIGKILL');
  let training = false;
  try {
    if (trainer !== undefined && trainer !== before) training = process.kill(trainer, 'SIGKILL');
  } catch {
    // It has finished meanwhile.
  }
  const { status } = await finished;
  return status === null && (training || (await metricsOf(run)).length < metrics);
}

/** What must not depend on interruptions: everything measured but the speed, and every byte of the student. */
async function resultOf(run: string) {
  const metrics = (await metricsOf(run)).map(({ pairsPerSecond: _, ...metric }) => metric);
  const weights = await readFile(join(run, 'best', 'model.safetensors'));
  return { metrics, weights: weights.toString('base64') };
}

test('a run that is killed, and one that is stopped by Ctrl-C, go on to the same student bit by bit', async () => {
  const folder = await prepare();
  const distill = (out: string) => ksd(folder, ['distill', 'tiny.yaml', '--out', out]);

  const whole = await distill('whole');
  expect(whole.status, whole.stderr).toBe(0);
  expect(whole.stdout).toMatch(/epoch +train en +train ko +valid en +valid ko/);
  expect(
    decodePng(await readFile(join(folder, 'whole', 'tiny', 'samples', '1.png'))).image.width,
  ).toBeGreaterThan(400);
  const expected = await resultOf(join(folder, 'whole', 'tiny'));
  expect(expected.metrics.at(-1)).toMatchObject({ kind: 'epoch', epoch: 1 });
  const steps = expected.metrics.length - 1;

  const killed = await interrupted(folder, 'killed', 25, 'SIGKILL', 'trainer');
  expect(killed.status).toBe(1);
  expect(killed.stderr).toMatch(/training process ended by SIGKILL[\s\S]*same command/);
  expect((await metricsOf(join(folder, 'killed', 'tiny'))).length).toBeLessThan(steps);
  expect(await readlink(join(folder, 'killed', 'tiny', 'last'))).toMatch(/[1-9]0$/);
  const resumed = await distill('killed');
  expect(resumed.status, resumed.stderr).toBe(0);
  expect(resumed.stderr).toMatch(/going on from step \d+/);
  expect(await resultOf(join(folder, 'killed', 'tiny'))).toEqual(expected);

  const stopped = await interrupted(folder, 'stopped', 15, 'SIGINT');
  expect(stopped.status).toBe(130);
  const saved = Number(/Saved at step (\d+)/.exec(stopped.stdout)?.[1]);
  expect(saved).toBeGreaterThanOrEqual(15);
  expect(saved).toBeLessThan(steps);
  expect(await metricsOf(join(folder, 'stopped', 'tiny'))).toHaveLength(saved);
  expect((await distill('stopped')).stderr).toContain(`going on from step ${saved}`);
  expect(await resultOf(join(folder, 'stopped', 'tiny'))).toEqual(expected);

  const again = await distill('whole');
  expect(again.status).toBe(0);
  expect(again.stdout).toContain('This run is finished.');
  expect(await resultOf(join(folder, 'whole', 'tiny'))).toEqual(expected);

  const exported = await ksd(folder, ['export', 'whole/tiny', '--out', 'student']);
  expect(exported.status, exported.stderr).toBe(0);
  expect((await readdir(join(folder, 'student'))).sort()).toEqual([
    'config.json',
    'model.safetensors',
    'tokenizer',
  ]);
  const drawn = await ksd(folder, [
    'generate',
    '집',
    '--student',
    'student',
    '--steps',
    '1',
    '--out',
    'house.png',
  ]);
  expect(drawn.status, drawn.stderr).toBe(0);
  expect(decodePng(await readFile(join(folder, 'house.png'))).text['parameters']).toContain(
    'Text encoder: student',
  );
});

test('a training process stops with a checkpoint when its command is killed, or it is asked to', async () => {
  const folder = await prepare();
  const run = join(folder, 'runs', 'tiny');
  const orphaned = await interrupted(folder, 'runs', 5, 'SIGKILL');
  expect(orphaned.status).toBeNull();
  // The folder is free once the orphan has saved its last step.
  const asked = await interrupted(folder, 'runs', 20, 'SIGTERM', 'trainer');
  const first = Number(/going on from step (\d+)/.exec(asked.stderr)?.[1]);
  expect(first).toBeGreaterThanOrEqual(5);
  expect(asked.status).toBe(130);
  const saved = Number(/Saved at step (\d+)/.exec(asked.stdout)?.[1]);
  expect(saved).toBeGreaterThanOrEqual(20);
  expect(await readlink(join(run, 'last'))).toBe(join('checkpoints', String(saved)));
  expect(await readdir(run)).not.toContain('lock.json');
});

/**
 * How many kills must hit. Fifty take about ten minutes on a quiet machine:
 *
 *   npm run build && KSD_KILLS=50 npx vitest run src/cli/distill.test.ts -t 'killed 50 times'
 */
const kills = Number(process.env['KSD_KILLS'] ?? 3);

test(`a run that is killed ${kills} times ends with the bytes of one that was not`, {
  timeout: 60_000 * kills,
}, async () => {
  const folder = await prepare();
  const training = { ...experiment.training, epochs: 2, checkpointEvery: 3 };
  await writeFile(join(folder, 'tiny.yaml'), stringify({ ...experiment, training, samples: [] }));
  const distill = (out: string) => startKsd(folder, ['distill', 'tiny.yaml', '--out', out]);
  const whole = await distill('whole').finished;
  expect(whole.status, whole.stderr).toBe(0);
  const expected = await resultOf(join(folder, 'whole', 'tiny'));
  const run = join(folder, 'killed', 'tiny');
  const moments = randomStream(1, 'kills');
  let tried = 0;
  for (let killed = 0; killed < kills; tried++) {
    const known = (await metricsOf(run)).length;
    const before = await lockedBy(run);
    const running = distill('killed');
    // Anywhere in the run, and otherwise among its steps and checkpoints.
    const steps = killed % 3 === 0 ? 0 : known + 1 + moments.below(20);
    while (running.child.exitCode === null && (await metricsOf(run)).length < steps) await sleep(5);
    await sleep(moments.below(steps === 0 ? 5000 : 100));
    if (await kill(running, run, before, expected.metrics.length)) killed++;
    const left = await running.finished;
    if (left.status !== 0) continue;
    expect(await resultOf(run)).toEqual(expected);
    await rm(run, { recursive: true });
  }
  console.log(`${tried} runs were killed, ${kills} of them before their end`);
  const last = await distill('killed').finished;
  expect(last.status, last.stderr).toBe(0);
  expect(await resultOf(run)).toEqual(expected);
  expect((await readdir(run)).filter((name) => name.startsWith('.') || name === 'lock.json')).toEqual([]);
});

test.skipIf(process.platform === 'win32')(
  'a run on a full disk stops, says so, and goes on when there is room',
  async () => {
    const folder = await prepare();
    const run = join(folder, 'runs', 'tiny');
    await interrupted(folder, 'runs', 12, 'SIGINT');
    const saved = await readlink(join(run, 'last'));
    // A checkpoint's weights have 1.6 MB and its moments 3.2.
    const full = await startKsdOnFullDisk(folder, ['distill', 'tiny.yaml'], 2500).finished;
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(/optimizer\.safetensors cannot be written[\s\S]*free space/);
    expect(await readlink(join(run, 'last'))).toBe(saved);
    expect((await readdir(join(run, 'checkpoints'))).filter((name) => name.startsWith('.'))).toEqual([]);
    const again = await ksd(folder, ['distill', 'tiny.yaml']);
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).toContain(`going on from step ${basename(saved)}`);
  },
);

test('--dry-run checks an experiment and leaves nothing behind', async () => {
  const folder = await prepare();
  const before = await readdir(folder);
  const { status, stdout, stderr } = await ksd(folder, ['distill', 'tiny.yaml', '--dry-run']);
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/tiny: parameters \d/);
  expect(stdout).toContain('can be run');
  expect(stdout).toMatch(/steps: 84\noperations a step: [\d.]+ GFLOP/);
  expect(stdout).toMatch(/memory: about [\d.]+ [MG]B at most: parameters 1\.6 MB, moments 3\.2 MB/);
  expect(stdout).toMatch(/expected time: \d+ (s|min): the teacher's reading/);
  expect(await readdir(folder)).toEqual(before);
});

test('an experiment with a misspelt field is refused by name', async () => {
  const folder = await temporaryFolder();
  const training = { ...experiment.training, learnigRate: 1 };
  await writeFile(join(folder, 'wrong.yaml'), stringify({ ...experiment, training }));
  const { status, stderr } = await ksd(folder, ['distill', 'wrong.yaml']);
  expect(status).toBe(1);
  expect(stderr).toContain('[CONFIG]');
  expect(stderr).toContain('learnigRate');
});
