/**
 * A run's folder: what was asked for, what happened, and the checkpoints.
 *
 *   experiment.yaml, run.json, metrics.jsonl, curves.svg, curves.png, checkpoints/<step>/, best and last (links);
 *   beside them teacher.ts keeps its cache
 *
 * A checkpoint is a text encoder in Hugging Face layout with the optimizer's state beside it. Everything is written
 * atomically: a run killed at any moment has a whole `last` checkpoint, or none yet.
 */
import { appendFile, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { settleFolder, unwritable, writeFileAtomic, writeFolderAtomic } from '../checkpoint/atomic.ts';
import { systemCode } from '../checkpoint/file.ts';
import { type JsonObject, readJson, readJsonLines, readJsonObject, writeJson } from '../checkpoint/json.ts';
import { writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { readFloat32, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { openWeights } from '../checkpoint/weights.ts';
import { CheckpointError } from '../errors.ts';
import { type Experiment, formatExperiment, parseExperiment } from './experiment.ts';
import type { LossScale } from './lossScale.ts';
import { type ParameterSnapshot, sizeOf, type TrainingState } from './state/state.ts';
import type { StudentSnapshot } from './student.ts';

/** Where a run stands; enough, with the parameters and moments, to go on as if it had never stopped. */
export interface Progress {
  /** Optimizer steps taken. */
  readonly step: number;
  /** Epochs completed. */
  readonly epoch: number;
  /** Steps taken of the epoch that is not completed. */
  readonly stepInEpoch: number;
  /** Sums over the texts of this epoch so far, for the epoch's mean losses. */
  readonly lossEn: number;
  readonly lossKo: number;
  /** The epoch of the lowest sum of both validation losses, or of training losses where nothing is validated. */
  readonly best?: { readonly step: number; readonly loss: number };
}

export interface Checkpoint {
  readonly config: JsonObject;
  readonly tokenizerFiles: readonly string[];
  readonly snapshot: StudentSnapshot;
  readonly progress: Progress;
}

/** What state.json holds: the rest of what it takes to go on. */
type State = Progress & { readonly lossScale?: LossScale };

export const experimentFile = 'experiment.yaml';
export const factsFile = 'run.json';
export const metricsFile = 'metrics.jsonl';
const stateFile = 'state.json';
const optimizerFile = 'optimizer.safetensors';

function checkpointFolder(run: string, step: number): string {
  return join(run, 'checkpoints', String(step));
}

/**
 * Writes a checkpoint, points `last` and `best` where the progress says, and deletes the checkpoints that neither names.
 * Returns its folder. Throws CheckpointError if the file system refuses.
 */
export async function saveCheckpoint(run: string, checkpoint: Checkpoint): Promise<string> {
  const { snapshot, progress } = checkpoint;
  const folder = checkpointFolder(run, progress.step);
  await writeFolderAtomic(folder, async (temporary) => {
    await writeStudent(temporary, checkpoint);
    await writeSafetensors(
      join(temporary, optimizerFile),
      snapshot.parameters.flatMap(({ name, shape, firstMoment, secondMoment }) => [
        { name: `m.${name}`, dtype: 'F32' as const, shape, data: firstMoment },
        { name: `v.${name}`, dtype: 'F32' as const, shape, data: secondMoment },
      ]),
    );
    const { lossScale } = snapshot;
    const state: State = { ...progress, ...(lossScale ? { lossScale } : {}) };
    await writeJson(join(temporary, stateFile), state);
  });
  await point(run, 'last', progress.step);
  if (progress.best) await point(run, 'best', progress.best.step);
  await removeOthers(run, [progress.step, progress.best?.step]);
  return folder;
}

async function writeStudent(folder: string, { config, tokenizerFiles, snapshot }: Checkpoint): Promise<void> {
  await writeJson(join(folder, 'config.json'), { ...config, torch_dtype: 'float32' });
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    snapshot.parameters.map(({ name, shape, parameter }) => ({
      name,
      dtype: 'F32' as const,
      shape,
      data: parameter,
    })),
    { format: 'pt' },
  );
  // Contents, not links: Hugging Face's cache consists of links.
  for (const file of tokenizerFiles) {
    await writeFileAtomic(join(folder, 'tokenizer', basename(file)), await readFile(file));
  }
}

/** A relative link, replaced in one step. */
async function point(run: string, name: 'best' | 'last', step: number): Promise<void> {
  const temporary = join(run, `.${name}.partial`);
  await rm(temporary, { force: true });
  await symlink(join('checkpoints', String(step)), temporary, 'dir');
  await rename(temporary, join(run, name));
}

async function removeOthers(run: string, keep: readonly (number | undefined)[]): Promise<void> {
  const folder = join(run, 'checkpoints');
  for (const name of await readdir(folder)) {
    if (!keep.some((step) => String(step) === name))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Where the run stands, or undefined if it has no checkpoint.
 * Throws CheckpointError if `last` is no link, or its checkpoint is gone or damaged.
 */
export async function readProgress(run: string): Promise<Progress | undefined> {
  const state = await readState(run);
  if (state === undefined) return undefined;
  const { lossScale: _, ...progress } = state;
  return progress;
}

async function readState(run: string): Promise<State | undefined> {
  const last = join(run, 'last');
  const target = await readlink(last).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw new CheckpointError(
      `${last} is not a link to a checkpoint.`,
      'Make it one again (checkpoints/<step>): a copy of a run must keep its links.',
      { cause },
    );
  });
  return target === undefined ? undefined : ((await readJson(join(run, target, stateFile))) as State);
}

/** The same, after ending what a killed process was doing with checkpoints and links. */
export async function recoverProgress(run: string): Promise<Progress | undefined> {
  const checkpoints = join(run, 'checkpoints');
  for (const name of await namesIn(checkpoints)) {
    const step = /^\.(\d+)\.previous$/.exec(name)?.[1];
    if (step !== undefined) await settleFolder(join(checkpoints, step));
  }
  const progress = await readProgress(run);
  if (progress?.best) await point(run, 'best', progress.best.step);
  return progress;
}

/** What the last checkpoint holds of these parameters. Throws CheckpointError if it lacks one, or is damaged. */
export async function readCheckpoint(
  run: string,
  parameters: TrainingState['parameters'],
): Promise<StudentSnapshot> {
  const { step, lossScale } = (await readState(run)) as State;
  const folder = checkpointFolder(run, step);
  const student = await openWeights(join(folder, 'model.safetensors'));
  const optimizer = await openWeights(join(folder, optimizerFile));
  const snapshots: ParameterSnapshot[] = [];
  for (const each of parameters) {
    const { name, shape } = each;
    const parameter = await readFloat32(tensorNamed(student, name));
    const length = sizeOf(each);
    if (parameter.length !== length) {
      throw new CheckpointError(
        `${folder}: ${name} has ${parameter.length} values, but the student has ${length}.`,
        'The experiment was changed; start a new run under another name.',
      );
    }
    const firstMoment = await readFloat32(tensorNamed(optimizer, `m.${name}`));
    const secondMoment = await readFloat32(tensorNamed(optimizer, `v.${name}`));
    snapshots.push({ name, shape, parameter, firstMoment, secondMoment });
  }
  const applied = step - (lossScale?.skipped ?? 0);
  return { step: applied, parameters: snapshots, ...(lossScale ? { lossScale } : {}) };
}

/** One line of metrics.jsonl: a step or an epoch. */
export type Metric = StepMetric | EpochMetric;

export interface StepMetric {
  readonly kind: 'step';
  readonly step: number;
  readonly epoch: number;
  readonly lossEn: number;
  readonly lossKo: number;
  readonly learningRate: number;
  /** After the step, where the backward pass is in float16: half of what it was, if the step was skipped. */
  readonly lossScale?: number;
  /** Pairs a second, validation and checkpoints left out. */
  readonly pairsPerSecond: number;
}

export interface EpochMetric {
  readonly kind: 'epoch';
  readonly step: number;
  readonly epoch: number;
  readonly train: Losses;
  /** Not-a-numbers (null in the file) where the experiment sets no pairs aside. */
  readonly validation: Losses;
}

/** Means over all elements of all texts: MSE(student, teacher(en)). */
export interface Losses {
  readonly lossEn: number;
  readonly lossKo: number;
}

/** Adds a line to metrics.jsonl. Throws CheckpointError if the file system refuses. */
export async function appendMetric(run: string, metric: Metric): Promise<void> {
  const path = join(run, metricsFile);
  await appendFile(path, line(metric)).catch((cause) => {
    throw unwritable(path, cause);
  });
}

/**
 * The lines of metrics.jsonl, without one that a killed process left half written.
 * Throws CheckpointError if there is no such file, or a line before the last is damaged.
 */
export async function readMetrics(run: string): Promise<Metric[]> {
  const metrics: Metric[] = [];
  for await (const value of readJsonLines(join(run, metricsFile), { dropTornLine: true })) {
    const metric = value as Metric;
    metrics.push(
      metric.kind === 'step' ? metric : { ...metric, validation: withNotANumbers(metric.validation) },
    );
  }
  return metrics;
}

/** JSON has no not-a-number: it is written as null. */
function withNotANumbers({ lossEn, lossKo }: { readonly [Name in keyof Losses]: number | null }): Losses {
  return { lossEn: lossEn ?? Number.NaN, lossKo: lossKo ?? Number.NaN };
}

/** Forgets what was noted after `progress`, which a resumed run does again; makes the file if there is none. */
export async function truncateMetrics(run: string, progress: Progress): Promise<void> {
  const present = (await namesIn(run)).includes(metricsFile);
  const metrics = present ? await readMetrics(run) : [];
  const kept = metrics.filter((metric) =>
    metric.kind === 'step' ? metric.step <= progress.step : metric.epoch <= progress.epoch,
  );
  await writeFileAtomic(join(run, metricsFile), kept.map(line).join(''));
}

function line(metric: Metric): string {
  return `${JSON.stringify(metric)}\n`;
}

/** The experiment that the run was begun with, or undefined if it has none yet. Throws ConfigError if it is damaged. */
export async function readRunExperiment(run: string): Promise<Experiment | undefined> {
  const path = join(run, experimentFile);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseExperiment(text, path);
}

/** Writes experiment.yaml, which can be given to `readExperiment` again. */
export async function writeRunExperiment(run: string, experiment: Experiment): Promise<void> {
  await writeFileAtomic(join(run, experimentFile), formatExperiment(experiment));
}

/** Writes run.json. */
export async function writeRunFacts(
  run: string,
  facts: JsonObject & { readonly corpusHash: string },
): Promise<void> {
  await writeJson(join(run, factsFile), facts);
}

/** The hash of the pairs that the run was begun with, as run.json states it; undefined if there is none. */
export async function readCorpusHash(run: string): Promise<string | undefined> {
  if (!(await namesIn(run)).includes(factsFile)) return undefined;
  const { corpusHash } = await readJsonObject(join(run, factsFile));
  return typeof corpusHash === 'string' ? corpusHash : undefined;
}

/** Deletes what a killed process was writing when it died. */
export async function removePartials(run: string): Promise<void> {
  for (const folder of [run, join(run, 'checkpoints')]) {
    for (const name of (await namesIn(folder)).filter((file) => /^\..*\.partial$/.test(file))) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Names in a folder, none if it does not exist. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((): string[] => []);
}
