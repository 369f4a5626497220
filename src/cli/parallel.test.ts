import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readFloat32, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { openWeights } from '../checkpoint/weights.ts';
import { readPairs } from '../corpus/pairs.ts';
import { underMpirun } from '../distillation/parallel/mpirun.ts';
import { noMpirun } from '../distillation/parallel/testing.ts';
import { type Metric, readMetrics } from '../distillation/runFolder.ts';
import { wordpieceFiles } from '../text/wordpieceFiles.ts';
import { trainWordPiece } from '../text/wordpieceTrainer.ts';
import {
  ksd,
  type Running,
  requireBuild,
  root,
  startKsd,
  startKsdUnder,
  temporaryFolder,
  tinyExperiment,
} from './testing.ts';

beforeAll(requireBuild);

const emoji = join(root, 'models', 'emoji-sd');

/** A RoBERTa of one layer; steps of 5 pairs, which two processes cannot share equally, and a last one of fewer. */
const experiment = {
  ...tinyExperiment('.'),
  training: {
    epochs: 4,
    batchSize: 5,
    accumulate: 2,
    learningRate: 1e-3,
    optimizer: 'torch',
    clipNorm: 0.5,
    checkpointEvery: 5,
  },
  samples: [],
};

/** A folder with the experiment, its pairs and its vocabulary. */
async function prepare(): Promise<string> {
  const folder = await temporaryFolder();
  const pairs = (await readPairs(join(emoji, 'captions', 'train.jsonl'))).slice(0, 81);
  await writeFile(join(folder, 'pairs.jsonl'), pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''));
  const texts = pairs.flatMap(({ en, ko }) => [en, ko]);
  const vocabulary = wordpieceFiles(trainWordPiece(texts, { size: 500, minFrequency: 1 }));
  for (const [name, content] of Object.entries(vocabulary)) await writeFile(join(folder, name), content);
  await writeFile(join(folder, 'tiny.yaml'), stringify(experiment));
  return folder;
}

/** None yet, if there is no file. */
function metricsOf(run: string): Promise<Metric[]> {
  return readMetrics(run).catch(() => []);
}

async function untilSteps({ child }: Running, run: string, steps: number): Promise<void> {
  while (child.exitCode === null && (await metricsOf(run)).length < steps) await sleep(5);
}

/** The training process of number `rank` among those that work in `folder`. */
async function trainerOf(folder: string, rank: number): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      const here = (await readlink(`/proc/${pid}/cwd`)) === folder;
      if (here && command.includes('trainer.js') && environment.includes(`OMPI_COMM_WORLD_RANK=${rank}`)) {
        return Number(pid);
      }
    } catch {
      // It has ended meanwhile, or is another user's.
    }
  }
  throw new Error(`No training process ${rank} works in ${folder}.`);
}

/** All losses, in their order. */
function lossesOf(metrics: readonly Metric[]): number[] {
  return metrics.flatMap((metric) => {
    const means = metric.kind === 'step' ? [metric] : [metric.train, metric.validation];
    return means.flatMap(({ lossEn, lossKo }) => [lossEn, lossKo]);
  });
}

/** Expects the same losses and weights as in another run, up to rounding. */
async function expectSameRun(run: string, expected: string): Promise<void> {
  const [losses, those] = [lossesOf(await metricsOf(run)), lossesOf(await metricsOf(expected))];
  expect(losses).toHaveLength(those.length);
  losses.forEach((loss, i) => {
    expect(Math.abs(loss / those[i]! - 1)).toBeLessThan(1e-5);
  });
  const [a, b] = await Promise.all(
    [run, expected].map((folder) => openWeights(join(folder, 'last', 'model.safetensors'))),
  );
  for (const name of b!.tensors.keys()) {
    // The true gradient of these is 0: Adam makes steps of its rounding.
    if (name.endsWith('key.bias')) continue;
    const [values, others] = await Promise.all([a!, b!].map((w) => readFloat32(tensorNamed(w, name))));
    const most = Math.max(...others!.map(Math.abs));
    values!.forEach((value, i) => {
      if (Math.abs(value - others![i]!) > 1e-3 * most) throw new Error(`${name}[${i}] differs`);
    });
  }
}

test('several processes learn as one does, also where one is killed and others go on', {
  timeout: 300_000,
}, async ({ skip }) => {
  skip(noMpirun !== undefined, noMpirun);
  skip(process.platform !== 'linux', 'finds processes in /proc');
  const folder = await prepare();
  const run = (out: string) => join(folder, out, 'tiny');
  const distill = (out: string, ...more: string[]) => ['distill', 'tiny.yaml', '--out', out, ...more];
  const whole = await ksd(folder, distill('one'));
  expect(whole.status, whole.stderr).toBe(0);

  const killed = startKsd(folder, distill('parts', '--processes', '2'));
  await untilSteps(killed, run('parts'), 8);
  process.kill(await trainerOf(folder, 1), 'SIGKILL');
  const { status, stderr } = await killed.finished;
  expect(status).toBe(1);
  expect(stderr).toMatch(/process 1 of 2, on .*:\n.*\n.*ended by SIGKILL/);

  const stopped = startKsd(folder, distill('parts', '--processes', '3'));
  await untilSteps(stopped, run('parts'), 20);
  stopped.child.kill('SIGINT');
  const { status: interrupted, stdout, stderr: beginning } = await stopped.finished;
  expect(interrupted, beginning).toBe(130);
  const saved = Number(/Saved at step (\d+)/.exec(stdout)?.[1]);
  expect(Number(/going on from step (\d+)/.exec(beginning)?.[1])).toBeLessThan(saved);
  expect(await readdir(run('parts'))).not.toContain('lock.json');

  const two = await startKsdUnder(underMpirun(2), folder, distill('parts')).finished;
  expect(two.status, two.stderr).toBe(0);
  expect(two.stderr).toContain(`going on from step ${saved}`);
  expect(two.stderr.match(/2 processes share the training/g)).toHaveLength(1);
  expect(two.stdout).toBe(whole.stdout.replaceAll('one/tiny', 'parts/tiny'));
  expect(JSON.parse(await readFile(join(run('parts'), 'run.json'), 'utf8'))).toMatchObject({ processes: 2 });
  await expectSameRun(run('parts'), run('one'));
});

test('a loss that compares all texts of a step is the same, whoever reads them', async ({ skip }) => {
  skip(noMpirun !== undefined, noMpirun);
  const folder = await prepare();
  // The last step has fewer pairs than there are processes.
  const compares = { ...experiment, loss: { contrastive: 1 } };
  compares.training = { ...experiment.training, epochs: 2, accumulate: 1 };
  await writeFile(join(folder, 'compares.yaml'), stringify(compares));
  for (const [out, processes] of [
    ['one', '1'],
    ['three', '3'],
  ] as const) {
    const args = ['distill', 'compares.yaml', '--out', out, '--processes', processes];
    const { status, stderr } = await ksd(folder, args);
    expect(status, stderr).toBe(0);
  }
  await expectSameRun(join(folder, 'three', 'tiny'), join(folder, 'one', 'tiny'));
});

test('what all processes refuse is said once', async ({ skip }) => {
  skip(noMpirun !== undefined, noMpirun);
  const folder = await prepare();
  const config = { ...experiment.student.config, hidden_size: 96 };
  const student = { ...experiment.student, config, projection: false };
  await writeFile(join(folder, 'narrow.yaml'), stringify({ ...experiment, student }));
  const { status, stderr } = await ksd(folder, ['distill', 'narrow.yaml', '--processes', '2']);
  expect(status).toBe(1);
  expect(stderr.match(/states are 96 wide/g)).toHaveLength(1);
});

test('--dry-run says how many processes there would be', async () => {
  const folder = await prepare();
  const { status, stderr } = await ksd(folder, ['distill', 'tiny.yaml', '--processes', '2', '--dry-run']);
  expect(status, stderr).toBe(0);
  expect(stderr).toContain('2 processes share the training');
});
