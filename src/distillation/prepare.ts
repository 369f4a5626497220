/**
 * From an experiment to everything that its training needs: teacher, student, data and schedule.
 */
import { join } from 'node:path';
import { openStableDiffusion, type StableDiffusion } from '../checkpoint/stableDiffusion.ts';
import { ConfigError } from '../errors.ts';
import type { KeepingRuntime } from '../runtime/keeping.ts';
import { promptLength } from '../text/tokenizer.ts';
import type { BatchOptions } from './batch.ts';
import { type Data, type DataEvent, readData, type TaughtLoss } from './data.ts';
import type { RunFacts } from './events.ts';
import type { Experiment } from './experiment.ts';
import { checkLoss, spreadsPads } from './loss.ts';
import { objectiveNamed } from './objective.ts';
import { alone, type Collective } from './parallel/collective.ts';
import { inTurn } from './parallel/together.ts';
import { cosineWithWarmup, type Schedule } from './schedule.ts';
import { initialParameters, openStart, type Start } from './start.ts';
import { sizeOf } from './state/state.ts';
import { createStudent, type Student } from './student.ts';
import { studentKinds } from './students.ts';
import { cacheName, openTeacher, type Teacher } from './teacher.ts';

export interface TrainOptions {
  readonly runtime: KeepingRuntime;
  /** The run's folder, for example `runs/emoji-roberta`; a run that is there goes on. */
  readonly folder: string;
  /** Stops after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** The processes that share the pairs of each step; this one alone, when left out. */
  readonly collective?: Collective;
}

export interface Run {
  readonly experiment: Experiment;
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  readonly collective: Collective;
  readonly data: Data;
  readonly start: Start;
  readonly student: Student;
  readonly teacher: Teacher;
  readonly diffusion: StableDiffusion;
  readonly batching: BatchOptions & { readonly loss?: TaughtLoss | undefined };
  /** Values of the teacher's rows of one text. */
  readonly rowValues: number;
  readonly schedule: Schedule;
  readonly totalSteps: number;
  readonly cachePath: string;
}

/**
 * Opens and checks all parts, and writes what is computed once: the corpus, where it is none yet, and its tokens. The
 * student has its initial parameters.
 * Throws ConfigError, CheckpointError, CorpusError or InputError for an experiment that cannot be run.
 */
export async function* prepare(
  experiment: Experiment,
  { runtime, folder, signal, collective = alone }: TrainOptions,
): AsyncGenerator<DataEvent, Run, void> {
  const { training, student: wanted, seed } = experiment;
  const objective = objectiveNamed(studentKinds[wanted.kind].objective);
  checkLoss(experiment.loss, objective.perPosition);
  const diffusion = await openStableDiffusion(experiment.teacher);
  const start = await openStart(experiment, diffusion);
  const teacher = await openTeacher(runtime, diffusion.textEncoder, diffusion.tokenizer.folder, objective);
  if (start.model.hiddenSize !== teacher.hiddenSize) {
    throw new ConfigError(
      `The student's states are ${start.model.hiddenSize} wide, the teacher's ${teacher.hiddenSize}.`,
      'Choose a student of the same hidden size, or let it learn a projection (student.projection: true): the U-Net reads its states in place of the teacher.',
    );
  }
  const { tokenizer } = start.tokenizer;
  const tokenizers = { teacher: diffusion.tokenizer.folder, student: start.tokenizer };
  const data = yield* inTurn(
    collective,
    (built: string | undefined) => readData(experiment, { folder, signal, built, ...tokenizers }),
    ({ corpus }) => corpus,
  );
  const { optimizer: variant, weightDecay, decayRule, clipNorm, checkpointing, precision } = training;
  const optimizer = { variant, weightDecay, decayRule, clipNorm };
  const inParts = training.accumulate > 1 || collective.size > 1;
  const settings = { ...optimizer, checkpointing, precision, inParts, loss: experiment.loss, collective };
  const model = (training.foldPads ? start.model.packed : undefined) ?? start.model;
  const student = await createStudent(runtime, model, objective, settings, (parameters) =>
    initialParameters(start, parameters, seed),
  );
  const { perPosition } = objective;
  const totalSteps = Math.ceil(data.train.length / training.batchSize) * training.epochs;
  return {
    experiment,
    folder,
    signal,
    collective,
    data,
    start,
    student,
    teacher,
    diffusion,
    batching: {
      model,
      padId: tokenizer.padId,
      perPosition,
      fold: training.foldPads,
      spread: spreadsPads(experiment.loss, model),
    },
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

/** The run in numbers, going on after `resumedAt` steps. */
export function factsOf({ student, data, totalSteps }: Run, resumedAt: number): RunFacts {
  return {
    parameters: student.parameters.reduce((sum, parameter) => sum + sizeOf(parameter), 0),
    trainPairs: data.train.length,
    validationPairs: data.validation.length,
    tooLong: data.tooLong,
    totalSteps,
    resumedAt,
  };
}
