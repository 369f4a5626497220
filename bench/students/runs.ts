/**
 * The runs that are compared: each as long as the base's multiplications allow, in a folder of its own.
 */
import { link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StableDiffusion } from '../../src/checkpoint/stableDiffusion.ts';
import { type Experiment, readExperiment } from '../../src/distillation/experiment.ts';
import { type Metric, readMetrics } from '../../src/distillation/runFolder.ts';
import { openStart } from '../../src/distillation/start.ts';
import { studentKinds } from '../../src/distillation/students.ts';
import { train } from '../../src/distillation/train.ts';
import type { KeepingRuntime } from '../../src/runtime/keeping.ts';
import { stepCost } from './cost.ts';
import type { BenchRow } from './rows.ts';

const folder = 'runs/students';
const baseEpochs = 4;
/** Tokens of the longest text of a batch, on average over an epoch of these captions. */
const meanLongest = 10;

export interface BenchRun {
  readonly experiment: Experiment;
  /** Multiplications of a step, as a multiple of the base's. */
  readonly cost: number;
  readonly folder: string;
}

export async function baseExperiment(): Promise<Experiment> {
  const experiment = await readExperiment('experiments/emoji-roberta.yaml');
  return {
    ...experiment,
    corpus: { ...experiment.corpus, sample: 6000, validation: 0.1 },
    training: { ...experiment.training, epochs: baseEpochs },
    samples: [],
  };
}

/** The row's student with as many epochs as the base's multiplications allow. */
export async function benchRun(
  { name, change }: BenchRow,
  base: Experiment,
  baseCost: number,
  teacher: StableDiffusion,
): Promise<BenchRun> {
  const experiment = change(base);
  const cost = (await costOf(experiment, teacher)) / baseCost;
  const epochs = Math.max(1, Math.round(baseEpochs / cost));
  const fileName = name.replace(/[^\w.-]+/g, '-');
  const training = { ...experiment.training, epochs };
  return { experiment: { ...experiment, name: fileName, training }, cost, folder: join(folder, fileName) };
}

/** Multiplications of a step. */
export async function costOf(experiment: Experiment, teacher: StableDiffusion): Promise<number> {
  const { model } = await openStart(experiment, teacher);
  const { objective } = studentKinds[experiment.student.kind];
  return stepCost(model, objective, experiment.loss, experiment.training.batchSize, meanLongest);
}

export async function isFinished({ experiment, folder: run }: BenchRun): Promise<boolean> {
  const metrics = await readMetrics(run).catch(() => []);
  return metrics.filter(({ kind }) => kind === 'epoch').length === experiment.training.epochs;
}

/** Trains the run to its end, from where it stopped. The teacher reads the sentences for all of them once. */
export async function finishRun(
  { experiment, folder: run }: BenchRun,
  runtime: KeepingRuntime,
): Promise<void> {
  await mkdir(run, { recursive: true });
  for (const other of await readdir(folder)) {
    const caches = (await readdir(join(folder, other))).filter((file) => /^teacher-.*\.f16$/.test(file));
    for (const file of caches) await link(join(folder, other, file), join(run, file)).catch(() => {});
  }
  for await (const event of train(experiment, { runtime, folder: run })) {
    if (event.kind !== 'epoch') continue;
    const { lossEn, lossKo } = event.metric.validation;
    console.log(`${experiment.name} epoch ${event.metric.epoch}: ${lossEn.toFixed(4)} ${lossKo.toFixed(4)}`);
  }
}

/** Seconds that the steps took, and the validation losses of the best epoch. */
export function summary(metrics: readonly Metric[], batchSize: number) {
  const steps = metrics.filter((metric) => metric.kind === 'step');
  const seconds = steps.reduce((sum, { pairsPerSecond }) => sum + batchSize / pairsPerSecond, 0);
  const epochs = metrics.filter((metric) => metric.kind === 'epoch');
  const losses = epochs.map(({ validation }) => validation);
  const best = losses.reduce((a, b) => (b.lossEn + b.lossKo < a.lossEn + a.lossKo ? b : a));
  return { seconds, best, epochs: epochs.length };
}
