/**
 * One pass over the training pairs, and one over the validation pairs. Knows no order of epochs.
 */
import type { TokenCache } from '../corpus/tokens/cache.ts';
import { RuntimeError } from '../errors.ts';
import type { Batch } from './batch.ts';
import { batchOf, epochBatches, longerLengths, lossesOf } from './data.ts';
import type { StepEvent, ValidateEvent } from './events.ts';
import { anywhere, shareOf } from './parallel/together.ts';
import type { Run } from './prepare.ts';
import { appendMetric, type Losses, type Progress, type StepMetric } from './runFolder.ts';
import type { TeacherCache } from './teacher.ts';

/**
 * Trains up to the end of the epoch, or until the run's signal; returns where the run stands then. `save` is called
 * every `checkpointEvery` steps. Throws RuntimeError if the loss is no longer a number, or beyond all bounds.
 */
export async function* trainEpoch(
  run: Run,
  cache: TeacherCache,
  from: Progress,
  save: (progress: Progress) => Promise<unknown>,
): AsyncGenerator<StepEvent, Progress, void> {
  const { experiment, data, student, schedule } = run;
  const { batchSize, checkpointEvery } = experiment.training;
  const batches = epochBatches(longerLengths(data, data.train), batchSize, experiment.seed, from.epoch);
  const tokens = data.epochTokens(from.epoch);
  let progress = from;
  while (progress.stepInEpoch < batches.length && !(await stops(run))) {
    const began = performance.now();
    const rows = batches[progress.stepInEpoch]!.map((place) => data.train[place]!);
    const parts = await partsOf(run, tokens, cache, rows);
    const learningRate = schedule(progress.step);
    const sums = await sumsOf(run, await student.learn(parts, learningRate), parts);
    checkFinite(sums, progress.step);
    checkBounds(sums, progress.step);
    progress = {
      ...progress,
      step: progress.step + 1,
      stepInEpoch: progress.stepInEpoch + 1,
      lossEn: progress.lossEn + sums.lossEn,
      lossKo: progress.lossKo + sums.lossKo,
    };
    const metric: StepMetric = {
      kind: 'step',
      step: progress.step,
      epoch: progress.epoch + 1,
      lossEn: sums.lossEn / rows.length,
      lossKo: sums.lossKo / rows.length,
      learningRate,
      ...(student.lossScale === undefined ? {} : { lossScale: student.lossScale }),
      pairsPerSecond: (1000 * rows.length) / (performance.now() - began),
    };
    if (run.collective.rank === 0) await appendMetric(run.folder, metric);
    yield { kind: 'step', metric, totalSteps: run.totalSteps };
    if (progress.stepInEpoch % checkpointEvery === 0) await save(progress);
  }
  return progress;
}

/** Did any process get the signal? All stop after the same step. */
export function stops({ collective, signal }: Pick<Run, 'collective' | 'signal'>): Promise<boolean> {
  return anywhere(collective, signal?.aborted ?? false);
}

/**
 * Mean losses of the validation pairs, not-a-numbers if there are none; undefined if the run's signal came before the
 * end. Throws RuntimeError if a loss is no longer a number; `step` names the place in the error.
 */
export async function* validate(
  run: Run,
  cache: TeacherCache,
  step: number,
): AsyncGenerator<ValidateEvent, Losses | undefined, void> {
  const rows = run.data.validation;
  const { batchSize } = run.experiment.training;
  // English, Korean.
  const sums = new Float64Array(2);
  for (let start = 0; start < rows.length; start += batchSize) {
    if (await stops(run)) return undefined;
    const some = shareOf([...rows.subarray(start, start + batchSize)], run.collective);
    if (some.length > 0) {
      const batch = await batchOf(run.data, some, cache, run.batching);
      const part = lossesOf(await run.student.measure(batch), batch.constants, run.rowValues);
      sums[0]! += part.lossEn;
      sums[1]! += part.lossKo;
    }
    yield { kind: 'validate', done: Math.min(start + batchSize, rows.length), total: rows.length };
  }
  await run.collective.sum(sums);
  const [lossEn, lossKo] = sums as unknown as [number, number];
  checkFinite({ lossEn, lossKo }, step);
  return { lossEn: lossEn / rows.length, lossKo: lossKo / rows.length };
}

/** This process's share of the pairs of a step, whose texts are `tokens`, as the batches that it is computed in. */
export function partsOf(
  { data: { sentenceOf }, experiment, batching, collective }: Run,
  tokens: Pick<TokenCache, 'read'>,
  cache: Pick<TeacherCache, 'read'>,
  rows: readonly number[],
): Promise<Batch[]> {
  const parts = split(shareOf(rows, collective), experiment.training.accumulate);
  return Promise.all(
    parts.map((part) => batchOf({ tokens, sentenceOf }, part, cache, batching, rows.length)),
  );
}

/** `rows` in `count` parts, as equal as can be; fewer where there are fewer rows. */
function split(rows: readonly number[], count: number): number[][] {
  const size = Math.max(1, Math.ceil(rows.length / count));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) =>
    rows.slice(i * size, (i + 1) * size),
  );
}

/** Sums over the pairs of a step. */
interface StepSums extends Losses {
  /** Both losses together of a student that knows nothing, and answers with zeros. */
  readonly ignorant: number;
}

/** Over the pairs of all processes. */
async function sumsOf(
  { rowValues, collective }: Run,
  losses: readonly Float32Array[],
  parts: readonly Batch[],
): Promise<StepSums> {
  const sums = new Float64Array(3);
  parts.forEach((part, i) => {
    const { lossEn, lossKo } = lossesOf(losses[i]!, part.constants, rowValues);
    sums[0]! += lossEn;
    sums[1]! += lossKo;
    sums[2]! += ignorantLoss(part) / rowValues;
  });
  await collective.sum(sums);
  const [lossEn, lossKo, ignorant] = sums as unknown as [number, number, number];
  return { lossEn, lossKo, ignorant };
}

/** The summed squares of the targets. */
function ignorantLoss({ feeds, constants }: Batch): number {
  const [target, weight] = [feeds['target']!.data, feeds['weight']!.data] as [Float32Array, Float32Array];
  const size = target.length / weight.length;
  let squares = constants.reduce((a, b) => a + b, 0);
  for (let i = 0; i < target.length; i++) squares += weight[Math.floor(i / size)]! * target[i]! ** 2;
  return squares;
}

/** How much worse than a student that knows nothing one may be that still learns. */
const worstFactor = 1000;

function checkBounds({ lossEn, lossKo, ignorant }: StepSums, step: number): void {
  if (lossEn + lossKo <= worstFactor * ignorant) return;
  throw new RuntimeError(
    `The training diverged: at step ${step} the loss is over ${worstFactor} times that of a student that knows nothing.`,
    'Lower training.learningRate or set training.clipNorm; the last checkpoint is whole.',
  );
}

function checkFinite({ lossEn, lossKo }: Losses, step: number): void {
  if (Number.isFinite(lossEn + lossKo)) return;
  throw new RuntimeError(
    `The loss is no longer a number at step ${step}.`,
    'Lower training.learningRate or set training.clipNorm; the last checkpoint is whole.',
  );
}
