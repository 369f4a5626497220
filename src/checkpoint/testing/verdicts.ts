/**
 * Runs a reader over many mutants and keeps what came of each: opened, refused with a good message, or a defect.
 *
 * A mutant is known by the name of its run and its number, which seed all that is random in it. Knows no format.
 */
import { expect } from 'vitest';
import { KsdError } from '../../errors.ts';
import { randomStream } from '../../random/stream.ts';
import { elementBytes, elementCount } from '../dtype.ts';
import type { Weights } from '../tensorEntry.ts';
import type { Random } from './mutate.ts';

const seed = 20240229;
const longestMessage = 2000;

export interface Verdicts {
  accepted: number;
  /** The sentences of the refusals, without remedy. */
  readonly refusals: string[];
  /** What went otherwise, each with the mutant's name and number; at most ten. */
  readonly defects: string[];
}

export interface Run<Mutant> {
  readonly name: string;
  readonly count: number;
  /** What every message must name. */
  readonly file: string;
  mutant(random: Random): Mutant;
  /** Reads it; throws what the reader throws, and an Error for what it should not have given. */
  read(mutant: Mutant): unknown;
}

/** The numbers of `count` mutants, or the one mutant that `only` names. */
export async function judge<Mutant>(run: Run<Mutant>, only?: number): Promise<Verdicts> {
  const verdicts: Verdicts = { accepted: 0, refusals: [], defects: [] };
  const numbers = only === undefined ? Array.from({ length: run.count }, (_, number) => number) : [only];
  for (const number of numbers) {
    if (verdicts.defects.length >= 10) break;
    try {
      await run.read(run.mutant(randomStream(seed, run.name, number)));
      verdicts.accepted++;
    } catch (error) {
      const defect = defectOf(error, run.file);
      if (defect) verdicts.defects.push(`${run.name} mutant ${number}: ${defect}`);
      else verdicts.refusals.push((error as KsdError).problem);
    }
  }
  return verdicts;
}

/**
 * Runs it, and expects that no mutant was a defect, that at least `leastAccepted` were opened and a tenth refused, and that
 * each of `reasons`, parts of sentences with `|` between, refused some.
 */
export async function expectSound<Mutant>(
  run: Run<Mutant>,
  leastAccepted: number,
  reasons: string,
): Promise<Verdicts> {
  const verdicts = await judge(run);
  const { accepted, refusals, defects } = verdicts;
  const wanted = reasons.split('|').map((reason) => reason.trim());
  const unseen = wanted.filter((reason) => !refusals.some((told) => told.includes(reason)));
  expect({ defects, unseen }).toEqual({ defects: [], unseen: [] });
  expect(accepted).toBeGreaterThanOrEqual(leastAccepted);
  expect(refusals.length).toBeGreaterThan(run.count / 10);
  return verdicts;
}

/** What is wrong with `error` as a refusal of `file`. */
function defectOf(error: unknown, file: string): string | undefined {
  if (!(error instanceof KsdError)) return `threw ${error instanceof Error ? error.stack : String(error)}`;
  if (!['CHECKPOINT', 'CONFIG'].includes(error.code)) return `has the code ${error.code}: ${error.message}`;
  if (!error.problem.includes(file)) return `does not name ${file}: ${error.message}`;
  if (error.message.length > longestMessage) return `has a message of ${error.message.length} characters`;
  if (/\p{Cc}|\p{Cs}/u.test(error.message))
    return `shows control characters: ${JSON.stringify(error.message)}`;
  return undefined;
}

/** Throws where an entry is not what its shape says, or lies outside the `size` bytes of the file `realPath`. */
export function checkWeights({ tensors }: Weights, size: number, realPath: string): void {
  for (const [name, { dtype, shape, offset, byteLength, file, name: own }] of tensors) {
    const sound =
      typeof name === 'string' &&
      own === name &&
      file === realPath &&
      Array.isArray(shape) &&
      shape.every((length) => Number.isSafeInteger(length) && length >= 0) &&
      byteLength === (elementCount(shape) ?? Number.NaN) * elementBytes(dtype) &&
      Number.isSafeInteger(offset) &&
      offset >= 0 &&
      offset + byteLength <= size;
    if (!sound) {
      const shown = JSON.stringify({ name, dtype, shape, offset, byteLength, file }).slice(0, 500);
      throw new Error(`an entry does not fit the file of ${size} bytes: ${shown}`);
    }
  }
}
