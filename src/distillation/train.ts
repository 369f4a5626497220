/**
 * Knowledge distillation (Reimers & Gurevych, arXiv 2004.09813): the student learns to give, for an English sentence
 * and for its Korean translation, the states that the frozen teacher gives for the English one:
 *
 *   loss = MSE(student(en), teacher(en)) + MSE(student(ko), teacher(en))
 *
 * `train` is an async generator of what happens, so that progress, pictures between epochs and stopping are the
 * caller's. Everything random is drawn from (seed, purpose, index): a resumed run repeats what it would have done.
 */
import { join } from 'node:path';
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import { openDiffusersFolder } from '../checkpoint/diffusersFolder.ts';
import { writeJson } from '../checkpoint/json.ts';
import { ConfigError, RuntimeError } from '../errors.ts';
import { machineInfo } from '../runtime/info.ts';
import type { Runtime } from '../runtime/session.ts';
import { promptLength } from '../text/tokenizer.ts';
import type { BatchOptions } from './batch.ts';
import { drawCurves } from './curves.ts';
import { batchOf, type Data, type EncodedPair, epochBatches, lossesOf, readData } from './data.ts';
import { type Experiment, formatExperiment, parseExperiment } from './experiment.ts';
import { objectiveNamed } from './objective.ts';
import {
  appendMetric,
  type EpochMetric,
  type Losses,
  type Progress,
  readExperimentText,
  readProgress,
  removePartials,
  restoreCheckpoint,
  type StepMetric,
  saveCheckpoint,
  truncateMetrics,
} from './runFolder.ts';
import { cosineWithWarmup, type Schedule } from './schedule.ts';
import { initialParameters, openStart, type Start } from './start.ts';
import { createStudent, type Student } from './student.ts';
import { studentKinds } from './students.ts';
import { cacheName, openTeacher, type Teacher, type TeacherCache, teacherCache } from './teacher.ts';

export type TrainEvent =
  | { readonly kind: 'start'; readonly folder: string; readonly facts: RunFacts }
  /** The teacher reads sentences, once. */
  | { readonly kind: 'teacher'; readonly done: number; readonly total: number }
  | { readonly kind: 'step'; readonly metric: StepMetric; readonly totalSteps: number }
  | { readonly kind: 'validate'; readonly done: number; readonly total: number }
  | {
      readonly kind: 'epoch';
      readonly metric: EpochMetric;
      readonly best: boolean;
      readonly checkpoint: string;
    }
  /** The caller's signal was seen; the run goes on from here when it is started again. */
  | { readonly kind: 'stopped'; readonly step: number; readonly checkpoint: string };

export interface RunFacts {
  readonly parameters: number;
  readonly trainPairs: number;
  readonly validationPairs: number;
  /** Pairs left out because a side has more than 77 tokens. */
  readonly tooLong: number;
  readonly totalSteps: number;
  /** Steps that an earlier part of this run has taken. */
  readonly resumedAt: number;
}

export interface TrainOptions {
  readonly runtime: Runtime;
  /** The run's folder, for example `runs/emoji-roberta`; a run that is there goes on. */
  readonly folder: string;
  /** Stops after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
}

interface Run {
  readonly experiment: Experiment;
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  readonly data: Data;
  readonly start: Start;
  readonly student: Student;
  readonly teacher: Teacher;
  readonly batching: BatchOptions;
  /** Values of the teacher's rows of one text. */
  readonly rowValues: number;
  readonly schedule: Schedule;
  readonly totalSteps: number;
  readonly cachePath: string;
}

const nothingDone: Progress = { step: 0, epoch: 0, stepInEpoch: 0, lossEn: 0, lossKo: 0 };

/**
 * Trains the experiment's student, from the run's last checkpoint if there is one.
 * Throws ConfigError if the folder holds a run of another experiment.
 */
export async function* train(
  experiment: Experiment,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const { folder } = options;
  await claimFolder(experiment, folder);
  const run = await prepare(experiment, options);
  let progress = (await readProgress(folder)) ?? nothingDone;
  if (progress.step > 0) await restoreCheckpoint(folder, run.student.state);
  await truncateMetrics(folder, progress.step);
  await writeJson(join(folder, 'run.json'), await runFacts(run, options.runtime));
  yield { kind: 'start', folder, facts: factsOf(run, progress.step) };
  const cache = yield* fillCache(run);
  try {
    while (progress.epoch < experiment.training.epochs) {
      progress = yield* trainEpoch(run, cache, progress);
      if (options.signal?.aborted) {
        yield { kind: 'stopped', step: progress.step, checkpoint: await save(run, progress) };
        return;
      }
      progress = yield* endEpoch(run, cache, progress);
    }
  } finally {
    await cache.close();
    await run.student.dispose();
    await run.teacher.dispose();
  }
}

/** Writes experiment.yaml, or makes sure that the one that is there is the same, and sweeps up after a killed run. */
async function claimFolder(experiment: Experiment, folder: string): Promise<void> {
  await removePartials(folder);
  const path = join(folder, 'experiment.yaml');
  const known = await readExperimentText(folder);
  if (known === undefined) return writeFileAtomic(path, formatExperiment(experiment));
  if (formatExperiment(parseExperiment(known, path)) === formatExperiment(experiment)) return;
  throw new ConfigError(
    `${folder} holds a run of another experiment.`,
    `Compare ${path}; give this one another name, or remove the folder.`,
  );
}

async function prepare(experiment: Experiment, { runtime, folder, signal }: TrainOptions): Promise<Run> {
  const { training, student: wanted, seed } = experiment;
  const objective = objectiveNamed(studentKinds[wanted.kind].objective);
  const diffusion = await openDiffusersFolder(experiment.teacher);
  const teacher = await openTeacher(
    runtime,
    diffusion.textEncoder.folder,
    diffusion.tokenizer.folder,
    objective,
  );
  const start = await openStart(experiment, diffusion.textEncoder.folder);
  if (start.model.hiddenSize !== teacher.hiddenSize) {
    throw new ConfigError(
      `The student's hidden size is ${start.model.hiddenSize}, the teacher's ${teacher.hiddenSize}.`,
      'Choose a student of the same hidden size: the U-Net reads its states in place of the teacher.',
    );
  }
  const data = await readData(experiment, teacher.tokenizer, start.tokenizer.tokenizer);
  const { optimizer: variant, weightDecay, decayRule, clipNorm } = training;
  const settings = { variant, weightDecay, decayRule, clipNorm };
  const student = await createStudent(runtime, start.model, objective, settings, (parameters) =>
    initialParameters(start, parameters, seed),
  );
  const { perPosition } = objective;
  const totalSteps = Math.ceil(data.train.length / training.batchSize) * training.epochs;
  return {
    experiment,
    folder,
    signal,
    data,
    start,
    student,
    teacher,
    batching: { model: start.model, perPosition, fold: training.foldPads },
    rowValues: (perPosition ? promptLength : 1) * teacher.hiddenSize,
    schedule: cosineWithWarmup({
      peak: training.learningRate,
      warmupSteps: totalSteps * training.warmup,
      totalSteps,
    }),
    totalSteps,
    cachePath: join(folder, await cacheName(teacher.weights, objective, data.sentences)),
  };
}

function factsOf({ student, data, totalSteps }: Run, resumedAt: number): RunFacts {
  return {
    parameters: student.state.slots.reduce((sum, slot) => sum + slot.length, 0),
    trainPairs: data.train.length,
    validationPairs: data.validation.length,
    tooLong: data.tooLong,
    totalSteps,
    resumedAt,
  };
}

/** What run.json says: enough to know whether two runs can be compared. */
async function runFacts(run: Run, runtime: Runtime) {
  const { parameters, trainPairs, validationPairs, tooLong, totalSteps } = factsOf(run, 0);
  return {
    name: run.experiment.name,
    seed: run.experiment.seed,
    corpusHash: run.data.hash,
    parameters,
    trainPairs,
    validationPairs,
    tooLong,
    totalSteps,
    device: runtime.description,
    machine: await machineInfo(),
  };
}

/** Opens the teacher's cache; while it is computed, says how far it is. */
async function* fillCache(run: Run): AsyncGenerator<TrainEvent, TeacherCache, void> {
  const queue: TrainEvent[] = [];
  let wake = () => {};
  const opened = teacherCache(run.teacher, run.data.sentences, {
    path: run.cachePath,
    size: run.rowValues,
    ...(run.signal ? { signal: run.signal } : {}),
    onProgress: (done, total) => {
      queue.push({ kind: 'teacher', done, total });
      wake();
    },
  });
  let finished = false;
  const end = opened.then(
    () => {},
    () => {},
  );
  void end.then(() => {
    finished = true;
    wake();
  });
  while (!finished) {
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (finished || queue.length > 0) resolve();
    });
    yield* queue.splice(0);
  }
  return opened;
}

/** Trains up to the end of the epoch, or until the signal; returns where the run stands then. */
async function* trainEpoch(
  run: Run,
  cache: TeacherCache,
  from: Progress,
): AsyncGenerator<TrainEvent, Progress, void> {
  const { experiment, data, student, schedule } = run;
  const { batchSize, checkpointEvery } = experiment.training;
  const batches = epochBatches(data.train, batchSize, experiment.seed, from.epoch);
  let progress = from;
  while (progress.stepInEpoch < batches.length && !run.signal?.aborted) {
    const began = performance.now();
    const pairs = batches[progress.stepInEpoch]!.map((place) => data.train[place]!);
    const batch = await batchOf(pairs, cache, run.batching);
    const learningRate = schedule(progress.step);
    const sums = lossesOf(await student.learn(batch, learningRate), batch.constants, run.rowValues);
    if (!Number.isFinite(sums.lossEn + sums.lossKo)) throw diverged(progress.step);
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
      lossEn: sums.lossEn / pairs.length,
      lossKo: sums.lossKo / pairs.length,
      learningRate,
      pairsPerSecond: (1000 * pairs.length) / (performance.now() - began),
    };
    await appendMetric(run.folder, metric);
    yield { kind: 'step', metric, totalSteps: run.totalSteps };
    if (progress.stepInEpoch % checkpointEvery === 0) await save(run, progress);
  }
  return progress;
}

function diverged(step: number): RuntimeError {
  return new RuntimeError(
    `The loss is no longer a number at step ${step}.`,
    'Lower training.learningRate or set training.clipNorm; the last checkpoint is whole.',
  );
}

/** Validates, notes the epoch, keeps the checkpoint. */
async function* endEpoch(
  run: Run,
  cache: TeacherCache,
  at: Progress,
): AsyncGenerator<TrainEvent, Progress, void> {
  const validation = yield* validate(run, cache);
  const pairs = run.data.train.length;
  const loss = validation.lossEn + validation.lossKo;
  const best = at.best === undefined || loss < at.best.loss;
  const progress: Progress = {
    step: at.step,
    epoch: at.epoch + 1,
    stepInEpoch: 0,
    lossEn: 0,
    lossKo: 0,
    best: best ? { step: at.step, loss } : at.best!,
  };
  const metric: EpochMetric = {
    kind: 'epoch',
    step: at.step,
    epoch: progress.epoch,
    train: { lossEn: at.lossEn / pairs, lossKo: at.lossKo / pairs },
    validation,
  };
  await appendMetric(run.folder, metric);
  const checkpoint = await save(run, progress);
  await drawCurves(run.folder);
  yield { kind: 'epoch', metric, best, checkpoint };
  return progress;
}

async function* validate(run: Run, cache: TeacherCache): AsyncGenerator<TrainEvent, Losses, void> {
  const pairs: readonly EncodedPair[] = run.data.validation;
  const { batchSize } = run.experiment.training;
  const sums = { lossEn: 0, lossKo: 0 };
  for (let start = 0; start < pairs.length; start += batchSize) {
    const batch = await batchOf(pairs.slice(start, start + batchSize), cache, run.batching);
    const part = lossesOf(await run.student.measure(batch), batch.constants, run.rowValues);
    sums.lossEn += part.lossEn;
    sums.lossKo += part.lossKo;
    yield { kind: 'validate', done: Math.min(start + batchSize, pairs.length), total: pairs.length };
  }
  return { lossEn: sums.lossEn / pairs.length, lossKo: sums.lossKo / pairs.length };
}

function save(run: Run, progress: Progress): Promise<string> {
  const { start, student, folder } = run;
  return saveCheckpoint(folder, {
    config: start.config,
    tokenizerFiles: start.tokenizer.files,
    state: student.state,
    progress,
  });
}
