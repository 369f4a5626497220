/**
 * Knowledge distillation (Reimers & Gurevych, arXiv 2004.09813): the student learns to give, for an English sentence
 * and for its Korean translation, the states that the frozen teacher gives for the English one:
 *
 *   loss = MSE(student(en), teacher(en)) + MSE(student(ko), teacher(en))
 *
 * `train` is an async generator of what happens, so that progress, pictures between epochs and stopping are the
 * caller's. Everything random is drawn from (seed, purpose, index): a resumed run repeats what it would have done.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import { writeJson } from '../checkpoint/json.ts';
import { type Pair, pairsHash, readPairs, samplePairs, shortPairs, splitPairs } from '../corpus/pairs.ts';
import type { Runtime, Session } from '../runtime/session.ts';
import { shuffle } from '../random/stream.ts';
import { compile } from '../runtime/compile.ts';
import { runtimeInfo } from '../runtime/info.ts';
import { encodePadded, type PaddedEncoding, promptLength } from '../text/tokenizer.ts';
import { adamw } from './adamw/adamw.ts';
import { createTrainingState, type TrainingState } from './adamw/state.ts';
import { makeBatch } from './batch.ts';
import { decays } from './decay.ts';
import { type Experiment, formatExperiment } from './experiment.ts';
import { objectiveNamed } from './objective.ts';
import {
  appendMetric,
  type EpochMetric,
  type Losses,
  type Progress,
  readProgress,
  restoreCheckpoint,
  saveCheckpoint,
  type StepMetric,
  truncateMetrics,
} from './runFolder.ts';
import { cosineWithWarmup, type Schedule } from './schedule.ts';
import { initialParameters, openStart } from './start.ts';
import { stepGraph } from './stepGraph.ts';
import { studentKinds } from './students.ts';
import { cacheName, openTeacher, type TeacherCache, teacherCache } from './teacher.ts';

export type TrainEvent =
  | { readonly kind: 'start'; readonly folder: string; readonly facts: RunFacts }
  | { readonly kind: 'teacher'; readonly done: number; readonly total: number }
  | { readonly kind: 'step'; readonly metric: StepMetric; readonly totalSteps: number }
  | { readonly kind: 'validate'; readonly done: number; readonly total: number }
  | { readonly kind: 'epoch'; readonly metric: EpochMetric; readonly best: boolean; readonly checkpoint: string }
  | { readonly kind: 'stopped'; readonly checkpoint: string; readonly step: number };

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

/** Trains the experiment's student, from the run's last checkpoint if there is one. */
export async function* train(experiment: Experiment, options: TrainOptions): AsyncGenerator<TrainEvent, void, void> {
  const { folder, signal } = options;
  const run = await prepare(experiment, options);
  yield { kind: 'start', folder, facts: run.facts };
  const cache = yield* fillTeacherCache(run, options);
  try {
    let progress = run.progress;
    while (progress.epoch < experiment.training.epochs) {
      const stopped = yield* trainEpoch(run, cache, progress, options);
      progress = stopped;
      if (signal?.aborted && stopped.stepInEpoch > 0) {
        yield { kind: 'stopped', checkpoint: await save(run, folder, progress), step: progress.step };
        return;
      }
      const validation = yield* validate(run, cache);
      const pairs = run.train.length;
      const train = { lossEn: progress.lossEn / pairs, lossKo: progress.lossKo / pairs };
      const loss = validation.lossEn + validation.lossKo;
      const best = !progress.best || loss < progress.best.loss;
      progress = {
        step: progress.step,
        epoch: progress.epoch + 1,
        stepInEpoch: 0,
        lossEn: 0,
        lossKo: 0,
        best: best ? { step: progress.step, loss } : progress.best!,
      };
      const metric: EpochMetric = { kind: 'epoch', step: progress.step, epoch: progress.epoch, train, validation };
      await appendMetric(folder, metric);
      yield { kind: 'epoch', metric, best, checkpoint: await save(run, folder, progress) };
    }
  } finally {
    await cache.close();
    await run.dispose();
  }
}
