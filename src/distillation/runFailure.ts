/**
 * Why a run ended before it was finished: `failure.json` in its folder, for whoever looks at it later. Gone once the run
 * goes on.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '../checkpoint/file.ts';
import { isJsonObject, readJson, writeJson } from '../checkpoint/json.ts';
import { KsdError } from '../errors.ts';
import { lockState } from './lock.ts';

export interface RunFailure {
  readonly code: string;
  readonly problem: string;
  readonly remedy: string;
}

export const failureFile = 'failure.json';

/** What is kept of an error. */
export function runFailure(error: unknown): RunFailure {
  if (error instanceof KsdError) {
    const { code, problem, remedy } = error;
    return { code, problem, remedy };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'INTERNAL',
    problem: `Something unexpected happened: ${message}.`,
    remedy: 'Go on from the last checkpoint; if it happens again, it is a defect to report.',
  };
}

/** Undefined if there is none, or none that can be read: it must not hide the run that it tells of. */
export async function readFailure(run: string): Promise<RunFailure | undefined> {
  const path = join(run, failureFile);
  const value = (await isThere(path)) ? await readJson(path).catch(() => undefined) : undefined;
  if (!isJsonObject(value)) return undefined;
  const { code, problem, remedy } = value;
  return { code: String(code), problem: String(problem), remedy: String(remedy) };
}

export async function writeFailure(run: string, failure: RunFailure): Promise<void> {
  await writeJson(join(run, failureFile), failure);
}

export async function clearFailure(run: string): Promise<void> {
  await rm(join(run, failureFile), { force: true });
}

/** Does the work in a run's folder and notes there why it failed, unless there is no run or another process has it. */
export async function notingFailure<Result>(run: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    // Of a lock that cannot be read nobody knows whose it is.
    const another = (await lockState(run).catch(() => 'held')) === 'held';
    // The error itself matters more than that it could not be noted, on a full disk for example.
    if (!another && (await isThere(run))) await writeFailure(run, runFailure(error)).catch(() => {});
    throw error;
  }
}
