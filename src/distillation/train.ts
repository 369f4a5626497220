/**
 * Knowledge distillation (Reimers & Gurevych, arXiv 2004.09813): the student learns to give, for an English sentence
 * and for its Korean translation, the states that the frozen teacher gives for the English one:
 *
 *   loss = MSE(student(en), teacher(en)) + MSE(student(ko), teacher(en))
 *
 * `train` is an async generator of what happens, so that progress, pictures between epochs and stopping are the
 * caller's. Everything random is drawn from (seed, purpose, index): a resumed run repeats what it would have done.
 *
 * Several processes (`collective`) train one student: each computes a share of every step, the first one keeps the folder.
 */
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { unwritable } from '../checkpoint/atomic.ts';
import { ConfigError, RuntimeError } from '../errors.ts';
import { machineInfo } from '../runtime/info.ts';
import type { KeepingRuntime } from '../runtime/keeping.ts';
import { drawCurves } from './curves.ts';
import { stops, trainEpoch, validate } from './epoch.ts';
import type { TrainEvent } from './events.ts';
import { differences, type Experiment, formatExperiment } from './experiment.ts';
import { lockFolder } from './lock.ts';
import { isPlain } from './loss.ts';
import { lossFacts } from './lossFacts.ts';
import { alone } from './parallel/collective.ts';
import { byFirst, checkSame, checkState, inTurn, shareState } from './parallel/together.ts';
import { factsOf, prepare, type Run, type TrainOptions } from './prepare.ts';
import { clearFailure } from './runFailure.ts';
import {
  appendMetric,
  type EpochMetric,
  type Losses,
  type Progress,
  readCheckpoint,
  readCorpusHash,
  readRunExperiment,
  recoverProgress,
  removePartials,
  saveCheckpoint,
  truncateMetrics,
  writeRunExperiment,
  writeRunFacts,
} from './runFolder.ts';
import { openCache, type TeacherCache } from './teacher.ts';

export type { RunFacts, TrainEvent } from './events.ts';
export type { TrainOptions } from './prepare.ts';

const nothingDone: Progress = { step: 0, epoch: 0, stepInEpoch: 0, lossEn: 0, lossKo: 0 };

/**
 * Trains the experiment's student, from the run's last checkpoint if there is one.
 *
 * A signal ends the run with a checkpoint and a `stopped` event; while the teacher still reads, it ends it with the
 * signal's reason as the error, and what the teacher has read is kept. Throws ConfigError if another process trains in
 * the folder, or if it holds a run of another experiment or of other pairs, RuntimeError if the loss is no longer a number, and what `prepare` throws.
 */
export async function* train(
  experiment: Experiment,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const { folder, collective = alone } = options;
  // The others may be on machines that do not see the first one's folder: they keep there what must be read fast.
  const release = collective.rank === 0 ? await lockFolder(folder) : await makeFolder(folder);
  try {
    yield* trainLocked(experiment, options);
  } finally {
    await release?.();
  }
}

async function makeFolder(folder: string): Promise<undefined> {
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw unwritable(folder, cause);
  });
}

async function* trainLocked(
  experiment: Experiment,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const { folder, collective = alone } = options;
  let progress = await byFirst(collective, () => claimFolder(experiment, folder));
  let run = yield* prepare(experiment, options);
  let cache: TeacherCache | undefined;
  try {
    await takeUp(run, options.runtime, progress);
    yield { kind: 'start', folder, facts: factsOf(run, progress.step) };
    if (progress.epoch >= experiment.training.epochs) return;
    cache = yield* fillCache(run);
    run = await withLoss(run, options.runtime, cache);
    while (progress.epoch < experiment.training.epochs) {
      progress = yield* trainEpoch(run, cache, progress, (at) => save(run, at));
      const validation = (await stops(run)) ? undefined : yield* validate(run, cache, progress.step);
      if (validation === undefined) {
        yield { kind: 'stopped', step: progress.step, checkpoint: await save(run, progress) };
        return;
      }
      progress = yield* endEpoch(run, progress, validation);
    }
  } finally {
    await cache?.close();
    await run.data.tokens.close();
    await run.student.dispose();
    await run.teacher.dispose();
  }
}

/**
 * Makes sure that the folder is free, or holds a run of this experiment; returns where it stands. A folder in which
 * nothing was learnt yet is free: an experiment that could not begin may be corrected.
 */
async function claimFolder(experiment: Experiment, folder: string): Promise<Progress> {
  const progress = await recoverProgress(folder);
  if (progress !== undefined && progress.step > 0) {
    const changes = differences((await readRunExperiment(folder)) ?? experiment, experiment);
    if (changes.length > 0) {
      throw new ConfigError(
        `${folder} holds a run of another experiment: ${changes.join('; ')}.`,
        `Undo the change, give the experiment another name, or remove the folder; with student.start: ${folder}/best a new run starts from this one's student.`,
      );
    }
  }
  await removePartials(folder);
  await clearFailure(folder);
  return progress ?? nothingDone;
}

/** Brings student and folder to where the run stands. */
async function takeUp(run: Run, runtime: KeepingRuntime, progress: Progress): Promise<void> {
  const { collective, experiment, data, student } = run;
  await checkSame(collective, 'The experiment', formatExperiment(experiment));
  await checkSame(collective, experiment.corpus.pairs, data.hash);
  await byFirst(collective, () => takeUpFolder(run, runtime, progress));
  await shareState(collective, student);
}

async function takeUpFolder(run: Run, runtime: KeepingRuntime, progress: Progress): Promise<void> {
  const { experiment, folder, data } = run;
  if (progress.step > 0) {
    const known = await readCorpusHash(folder);
    if (known !== undefined && known !== data.hash) {
      throw new ConfigError(
        `The pairs of ${experiment.corpus.pairs} are no longer those that the run in ${folder} began with.`,
        'Bring the old file back, or give the experiment another name.',
      );
    }
    run.student.restore(await readCheckpoint(folder, run.student.parameters));
  }
  await writeRunExperiment(folder, experiment);
  await truncateMetrics(folder, progress);
  await writeRunFacts(folder, await runFacts(run, runtime));
}

/** What run.json says: enough to know whether two runs can be compared. */
async function runFacts(run: Run, runtime: KeepingRuntime) {
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
    processes: run.collective.size,
    device: runtime.description,
    state: run.student.place,
    machine: await machineInfo(),
  };
}

/** Opens the teacher's cache, computed first where it is missing; the teacher's memory is free after that. */
async function* fillCache(run: Run): AsyncGenerator<TrainEvent, TeacherCache, void> {
  const { teacher, data, cachePath: path, rowValues: size, signal, collective } = run;
  const filling = inTurn(
    collective,
    () => openCache(teacher, data.sentences, { path, size, ...(signal ? { signal } : {}) }),
    () => undefined,
  );
  let next = await filling.next();
  for (; !next.done; next = await filling.next()) yield { kind: 'teacher', ...next.value };
  await teacher.dispose();
  return next.value;
}

/** The run with what its loss must know, if that is not plain. */
async function withLoss(run: Run, runtime: KeepingRuntime, cache: TeacherCache): Promise<Run> {
  const { experiment, diffusion, folder, cachePath, data, collective } = run;
  if (isPlain(experiment.loss)) return run;
  const source = {
    runtime,
    diffusion,
    cache,
    cacheName: basename(cachePath),
    sentences: data.sentences.length,
    folder,
  };
  const facts = await byFirst(collective, () => lossFacts(experiment.loss, source));
  const loss = { settings: experiment.loss, facts };
  return { ...run, batching: { ...run.batching, loss } };
}

/** Notes the epoch and keeps the checkpoint. Without validation pairs the best epoch is that of the lowest training loss. */
async function* endEpoch(
  run: Run,
  at: Progress,
  validation: Losses,
): AsyncGenerator<TrainEvent, Progress, void> {
  const pairs = run.data.train.length;
  const train = { lossEn: at.lossEn / pairs, lossKo: at.lossKo / pairs };
  const judged = run.data.validation.length > 0 ? validation : train;
  const loss = judged.lossEn + judged.lossKo;
  const best = at.best === undefined || loss < at.best.loss;
  const progress: Progress = {
    step: at.step,
    epoch: at.epoch + 1,
    stepInEpoch: 0,
    lossEn: 0,
    lossKo: 0,
    best: best ? { step: at.step, loss } : at.best!,
  };
  const metric: EpochMetric = { kind: 'epoch', step: at.step, epoch: progress.epoch, train, validation };
  const leads = run.collective.rank === 0;
  if (leads) await appendMetric(run.folder, metric);
  const checkpoint = await save(run, progress);
  if (leads) await drawCurves(run.folder);
  yield { kind: 'epoch', metric, best, checkpoint };
  return progress;
}

/** Throws RuntimeError, and keeps the last checkpoint, if the step before has broken the student. */
async function save(run: Run, progress: Progress): Promise<string> {
  const { start, student, folder, collective } = run;
  const snapshot = await student.snapshot();
  if (!snapshot.parameters.every(({ parameter }) => parameter.every(Number.isFinite))) {
    throw new RuntimeError(
      `The student's weights are no longer numbers at step ${progress.step}.`,
      'Lower training.learningRate or set training.clipNorm; the last checkpoint is whole.',
    );
  }
  await checkState(collective, snapshot);
  return byFirst(collective, () =>
    saveCheckpoint(folder, {
      config: start.config,
      tokenizerFiles: start.tokenizer.files,
      snapshot,
      progress,
    }),
  );
}
