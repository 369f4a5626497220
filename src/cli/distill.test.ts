import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { decodePng } from '../pictures/png.ts';
import { ksd, requireBuild, root, startKsd, temporaryFolder } from './testing.ts';

beforeAll(requireBuild);

const emoji = join(root, 'models', 'emoji-sd');

/** A RoBERTa of one layer that learns 200 pairs in about 80 steps. */
const experiment = {
  name: 'tiny',
  seed: 3,
  teacher: join(emoji, 'model'),
  student: {
    kind: 'roberta',
    start: 'random',
    tokenizer: 'vocab',
    config: {
      hidden_size: 192,
      intermediate_size: 64,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      max_position_embeddings: 80,
      type_vocab_size: 1,
      hidden_act: 'gelu',
      layer_norm_eps: 1e-5,
      pad_token_id: 1,
    },
  },
  corpus: { pairs: 'pairs.jsonl', validation: 0.2 },
  training: { epochs: 1, batchSize: 2, learningRate: 1e-3, optimizer: 'torch', checkpointEvery: 10 },
  samples: [{ ko: '빨간 사과', en: 'a red apple' }],
  drawing: { steps: 1, guidance: 5, seed: 0 },
};

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

/** Starts the run and sends it `signal` after `steps` steps. */
async function interrupted(folder: string, out: string, steps: number, signal: 'SIGKILL' | 'SIGINT') {
  const { child, finished } = startKsd(folder, ['distill', 'tiny.yaml', '--out', out]);
  while (child.exitCode === null && (await metricsOf(join(folder, out, 'tiny'))).length < steps)
    await sleep(5);
  child.kill(signal);
  return finished;
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

  const killed = await interrupted(folder, 'killed', 25, 'SIGKILL');
  expect(killed.status).toBeNull();
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

test('--dry-run checks an experiment and leaves nothing behind', async () => {
  const folder = await prepare();
  const before = await readdir(folder);
  const { status, stdout, stderr } = await ksd(folder, ['distill', 'tiny.yaml', '--dry-run']);
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/tiny: parameters \d/);
  expect(stdout).toContain('can be run');
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
