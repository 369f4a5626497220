/**
 * A run's folder: what was asked for, what happened, and the checkpoints.
 *
 *   experiment.yaml, run.json, metrics.jsonl, curves.svg, curves.png, checkpoints/<step>/, best and last (links)
 *
 * A checkpoint is a text encoder in Hugging Face layout with the optimizer's state beside it. Everything is written
 * atomically: a run killed at any moment has a whole `last` checkpoint, or none yet.
 */
import { appendFile, cp, mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomic, writeFolderAtomic } from '../checkpoint/atomic.ts';
import { type JsonObject, readJson, readJsonLines, writeJson } from '../checkpoint/json.ts';
import { writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { readFloat32, tensorNamed } from '../checkpoint/tensorEntry.ts';
import { openWeights } from '../checkpoint/weights.ts';
import { CheckpointError } from '../errors.ts';
import type { TrainingState } from './adamw/state.ts';

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
  readonly best?: { readonly step: number; readonly loss: number };
}

export interface Checkpoint {
  readonly config: JsonObject;
  readonly tokenizerFiles: readonly string[];
  readonly state: TrainingState;
  readonly progress: Progress;
}

const stateFile = 'state.json';
const optimizerFile = 'optimizer.safetensors';

export function checkpointFolder(run: string, step: number): string {
  return join(run, 'checkpoints', String(step));
}

/** Writes a checkpoint and points `last` at it, and `best` too when it is the best. */
export async function saveCheckpoint(run: string, checkpoint: Checkpoint): Promise<string> {
  const { state, progress } = checkpoint;
  const folder = checkpointFolder(run, progress.step);
  await writeFolderAtomic(folder, async (temporary) => {
    await writeStudent(temporary, checkpoint);
    await writeSafetensors(
      join(temporary, optimizerFile),
      state.slots.flatMap(({ name, shape }) => [
        { name: `m.${name}`, dtype: 'F32' as const, shape, data: state.firstMoment(name) },
        { name: `v.${name}`, dtype: 'F32' as const, shape, data: state.secondMoment(name) },
      ]),
    );
    await writeJson(join(temporary, stateFile), progress);
  });
  await point(run, 'last', progress.step);
  if (progress.best?.step === progress.step) await point(run, 'best', progress.step);
  await removeOthers(run, [progress.step, progress.best?.step]);
  return folder;
}

async function writeStudent(folder: string, { config, tokenizerFiles, state }: Checkpoint): Promise<void> {
  await writeJson(join(folder, 'config.json'), { ...config, torch_dtype: 'float32' });
  await writeSafetensors(
    join(folder, 'model.safetensors'),
    state.slots.map(({ name, shape }) => ({
      name,
      dtype: 'F32' as const,
      shape,
      data: state.parameter(name),
    })),
    { format: 'pt' },
  );
  await mkdir(join(folder, 'tokenizer'), { recursive: true });
  for (const file of tokenizerFiles) await cp(file, join(folder, 'tokenizer', basename(file)));
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

/** Where the run stands, or undefined if it has no checkpoint. */
export async function readProgress(run: string): Promise<Progress | undefined> {
  const target = await readlink(join(run, 'last')).catch(() => undefined);
  return target === undefined ? undefined : ((await readJson(join(run, target, stateFile))) as Progress);
}

/** Puts parameters and moments of the last checkpoint into `state`. Throws CheckpointError if they do not fit. */
export async function restoreCheckpoint(run: string, state: TrainingState): Promise<void> {
  const { step } = (await readProgress(run)) as Progress;
  const folder = checkpointFolder(run, step);
  const student = await openWeights(join(folder, 'model.safetensors'));
  const optimizer = await openWeights(join(folder, optimizerFile));
  const m: Record<string, Float32Array> = {};
  const v: Record<string, Float32Array> = {};
  for (const { name, length } of state.slots) {
    const values = await readFloat32(tensorNamed(student, name));
    if (values.length !== length) {
      throw new CheckpointError(
        `${folder}: ${name} has ${values.length} values, but the student has ${length}.`,
        'The experiment was changed; start a new run under another name.',
      );
    }
    state.parameter(name).set(values);
    m[name] = await readFloat32(tensorNamed(optimizer, `m.${name}`));
    v[name] = await readFloat32(tensorNamed(optimizer, `v.${name}`));
  }
  state.restore({ step, m, v });
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
  /** Pairs a second, validation and checkpoints left out. */
  readonly pairsPerSecond: number;
}

export interface EpochMetric {
  readonly kind: 'epoch';
  readonly step: number;
  readonly epoch: number;
  readonly train: Losses;
  readonly validation: Losses;
}

/** Means over all elements of all texts: MSE(student, teacher(en)). */
export interface Losses {
  readonly lossEn: number;
  readonly lossKo: number;
}

export async function appendMetric(run: string, metric: Metric): Promise<void> {
  await appendFile(join(run, 'metrics.jsonl'), `${JSON.stringify(metric)}\n`);
}

export async function readMetrics(run: string): Promise<Metric[]> {
  const metrics: Metric[] = [];
  for await (const line of readJsonLines(join(run, 'metrics.jsonl'), { dropTornLine: true })) {
    metrics.push(line as Metric);
  }
  return metrics;
}

/** Forgets what was noted after `step`: steps that a resumed run takes again. */
export async function truncateMetrics(run: string, step: number): Promise<void> {
  const kept = (await readMetrics(run).catch(() => [])).filter((metric) => metric.step <= step);
  await writeFileAtomic(
    join(run, 'metrics.jsonl'),
    kept.map((metric) => `${JSON.stringify(metric)}\n`).join(''),
  );
}

/** The text of experiment.yaml, or undefined if the run has none yet. */
export async function readExperimentText(run: string): Promise<string | undefined> {
  return readFile(join(run, 'experiment.yaml'), 'utf8').catch(() => undefined);
}

/** Deletes what a killed process was writing when it died. */
export async function removePartials(run: string): Promise<void> {
  for (const folder of [run, join(run, 'checkpoints')]) {
    const names = await readdir(folder).catch((): string[] => []);
    for (const name of names.filter((file) => /^\..*\.partial$/.test(file))) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}
