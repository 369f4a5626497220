/**
 * Runs as clients see them, read from their folders: who trains there, or did, does not matter. Knows no request.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, readJson } from '../../checkpoint/json.ts';
import { type Experiment, parseExperiment } from '../../distillation/experiment.ts';
import { lockState } from '../../distillation/lock.ts';
import { lastMetrics } from '../../distillation/metricsTail.ts';
import { failureFile, type RunFailure, readFailure, runFailure } from '../../distillation/runFailure.ts';
import {
  type EpochMetric,
  experimentFile,
  factsFile,
  type Losses,
  type Metric,
  metricsFile,
  type Progress,
  readProgress,
  type StepMetric,
} from '../../distillation/runFolder.ts';
import { KsdError } from '../../errors.ts';
import type { EpochPoint, Run, RunState, RunSummary, StepPoint } from '../contract/workbench.ts';
import { type Entry, entriesOf } from './names.ts';
import { thin } from './thin.ts';

/** What a supervisor knows of a run that is its own. */
export type OwnState = (name: string) => { readonly state?: RunState; readonly failure?: RunFailure };

/** More make a curve no clearer. */
const mostSteps = 1000;

/** All runs of a folder, the one that changed last first. */
export async function runsIn(folder: string, own: OwnState): Promise<RunSummary[]> {
  const entries = await entriesOf(folder);
  const runs = await Promise.all(
    entries.map(async (entry) => ((await isRun(entry)) ? summaryOf(entry, own) : undefined)),
  );
  return runs
    .filter((run) => run !== undefined)
    .sort((a, b) => Date.parse(b.changedAt) - Date.parse(a.changedAt));
}

export async function isRun({ path }: Entry): Promise<boolean> {
  return (await changedAt(join(path, experimentFile))) > 0;
}

/** A run that cannot be read is a failed one: it hides no other. */
export async function summaryOf(run: Entry, own: OwnState): Promise<RunSummary> {
  try {
    return await readSummary(run, own);
  } catch (error) {
    if (!(error instanceof KsdError)) throw error;
    const nothing = { student: '', epoch: 0, epochs: 0, step: 0 };
    const failure = runFailure(error);
    return { name: run.name, state: 'failed', ...nothing, changedAt: await lastChange(run.path), failure };
  }
}

async function readSummary({ name, path }: Entry, own: OwnState): Promise<RunSummary> {
  const experiment = await experimentOf(path);
  const { training, student } = experiment;
  const [progress, metrics, totalSteps] = await Promise.all([
    progressOf(path),
    lastMetrics(path),
    totalStepsOf(path),
  ]);
  const { state, failure } = await stateOf({ name, path }, (progress?.epoch ?? 0) >= training.epochs, own);
  const last = metrics.at(-1);
  const step = last?.step ?? progress?.step ?? 0;
  const eta = state === 'running' ? secondsLeft(metrics, experiment, step, totalSteps) : undefined;
  return {
    name,
    state,
    student: student.kind,
    epoch: epochsDone(last) ?? progress?.epoch ?? 0,
    epochs: training.epochs,
    step,
    ...(totalSteps === undefined ? {} : { totalSteps }),
    ...(eta === undefined ? {} : { etaSeconds: eta }),
    changedAt: await lastChange(path),
    ...(failure ? { failure } : {}),
  };
}

/** With all that `metrics` tells: everything of the run so far. */
export async function runOf(summary: RunSummary, path: string, metrics: readonly Metric[]): Promise<Run> {
  const steps = metrics.filter((metric): metric is StepMetric => metric.kind === 'step');
  const epochs = metrics.filter((metric): metric is EpochMetric => metric.kind === 'epoch');
  return {
    ...summary,
    text: await readFile(join(path, experimentFile), 'utf8'),
    steps: thin(steps, mostSteps).map(stepPoint),
    epochsDone: epochs.map(epochPoint),
    samples: await samplesOf(path),
  };
}

export function stepPoint({ step, learningRate, pairsPerSecond, ...losses }: StepMetric): StepPoint {
  return { step, ...finiteLosses(losses), learningRate, pairsPerSecond };
}

export function epochPoint({ epoch, step, train, validation }: EpochMetric): EpochPoint {
  return { epoch, step, train: finiteLosses(train), validation: finiteLosses(validation) };
}

/** Epochs that have a grid of samples, in order. */
export async function samplesOf(run: string): Promise<number[]> {
  const names = await readdir(join(run, 'samples')).catch((): string[] => []);
  return names
    .flatMap((name) => /^(\d+)\.png$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

export async function experimentOf(run: string): Promise<Experiment> {
  const path = join(run, experimentFile);
  return parseExperiment(await readFile(path, 'utf8'), path);
}

/** Where its last checkpoint stands. The one that `last` named a moment ago may be gone: then there is a newer one. */
export async function progressOf(run: string): Promise<Progress | undefined> {
  return readProgress(run).catch(() => readProgress(run));
}

async function stateOf(
  { name, path }: Entry,
  finished: boolean,
  own: OwnState,
): Promise<{ state: RunState; failure?: RunFailure | undefined }> {
  const { state, failure } = own(name);
  if (state !== undefined) return { state };
  const lock = await lockState(path);
  if (lock === 'held') return { state: 'running' };
  if (finished) return { state: 'finished' };
  const told = (await readFailure(path)) ?? failure ?? (lock === 'abandoned' ? died : undefined);
  return told ? { state: 'failed', failure: told } : { state: 'stopped' };
}

const died: RunFailure = {
  code: 'INTERRUPTED',
  problem: 'The process that trained this run ended without a word.',
  remedy: 'Resume the run: it goes on from its last checkpoint.',
};

function epochsDone(last: Metric | undefined): number | undefined {
  if (last === undefined) return undefined;
  return last.kind === 'epoch' ? last.epoch : last.epoch - 1;
}

/** At the speed of the last steps; validation and pictures come on top. */
function secondsLeft(
  metrics: readonly Metric[],
  { training }: Experiment,
  step: number,
  totalSteps: number | undefined,
): number | undefined {
  const steps = metrics.filter((metric): metric is StepMetric => metric.kind === 'step');
  if (totalSteps === undefined || steps.length === 0) return undefined;
  const secondsAPair = steps.reduce((sum, { pairsPerSecond }) => sum + 1 / pairsPerSecond, 0) / steps.length;
  return Math.max(0, totalSteps - step) * training.batchSize * secondsAPair;
}

async function totalStepsOf(run: string): Promise<number | undefined> {
  const facts = await readJson(join(run, factsFile)).catch(() => undefined);
  const steps = isJsonObject(facts) ? facts['totalSteps'] : undefined;
  return typeof steps === 'number' ? steps : undefined;
}

async function lastChange(run: string): Promise<string> {
  const files = [experimentFile, metricsFile, failureFile].map((name) => changedAt(join(run, name)));
  return new Date(Math.max(...(await Promise.all(files)))).toISOString();
}

/** Milliseconds since 1970, 0 if there is no such file. */
async function changedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

function finiteLosses({ lossEn, lossKo }: Losses): { lossEn: number | null; lossKo: number | null } {
  const finite = (loss: number) => (Number.isFinite(loss) ? loss : null);
  return { lossEn: finite(lossEn), lossKo: finite(lossKo) };
}
