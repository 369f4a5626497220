/**
 * Korean-English sentence pairs and where they come from.
 */
import { createHash } from 'node:crypto';
import { readJsonLines } from '../checkpoint/json.ts';
import { CheckpointError, InputError } from '../errors.ts';
import { promptLength, type Tokenizer } from '../text/tokenizer.ts';

export interface Pair {
  readonly en: string;
  readonly ko: string;
}

/**
 * Pairs of a JSONL file, one object with `en` and `ko` a line.
 * Throws CheckpointError naming file and row for anything else, and for a file without pairs.
 */
export async function readPairs(path: string): Promise<Pair[]> {
  const pairs: Pair[] = [];
  let line = 0;
  for await (const value of readJsonLines(path)) {
    line++;
    const { en, ko } = (value ?? {}) as Record<string, unknown>;
    if (typeof en !== 'string' || typeof ko !== 'string') {
      throw new CheckpointError(
        `${path}, row ${line}: en and ko must be text.`,
        'Give one JSON object with "en" and "ko" a line.',
      );
    }
    pairs.push({ en, ko });
  }
  if (pairs.length === 0)
    throw new CheckpointError(`${path} holds no pairs.`, 'Give a file with at least one.');
  return pairs;
}

/** Pairs of which both sides have at most 77 tokens: the original project's rule, under the teacher's tokenizer. */
export function shortPairs(pairs: readonly Pair[], tokenizer: Tokenizer): Pair[] {
  const fits = (text: string) => tokenizer.encode(text).ids.length <= promptLength;
  return pairs.filter(({ en, ko }) => fits(en) && fits(ko));
}

/** A number in [0, 1) that depends on the seed and the text only: the same on every machine, in any order of rows. */
function hashFraction(seed: number, text: string): number {
  return createHash('sha256').update(`${seed}\n${text}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** `count` of the pairs, chosen by the seeded hash of their text; all when there are no more. */
export function samplePairs(pairs: readonly Pair[], count: number, seed: number): Pair[] {
  if (count >= pairs.length) return [...pairs];
  return pairs
    .map((pair) => ({ pair, at: hashFraction(seed, `sample\n${pair.en}\n${pair.ko}`) }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ pair }) => pair);
}

export interface Split {
  readonly train: readonly Pair[];
  readonly validation: readonly Pair[];
}

/**
 * Sets about `fraction` of the pairs aside. The side depends on the English sentence only, so that no sentence stands
 * on both. Throws InputError if a side would be empty.
 */
export function splitPairs(pairs: readonly Pair[], fraction: number, seed: number): Split {
  const train: Pair[] = [];
  const validation: Pair[] = [];
  for (const pair of pairs)
    (hashFraction(seed, `split\n${pair.en}`) < fraction ? validation : train).push(pair);
  if (train.length > 0 && (validation.length > 0 || fraction === 0)) return { train, validation };
  throw new InputError(
    `Splitting ${pairs.length} pairs leaves ${train.length} to train on and ${validation.length} to validate on.`,
    'Give more pairs or another validation fraction.',
  );
}

/** A hash of all pairs in order: two runs with the same one were trained on the same data. */
export function pairsHash(pairs: readonly Pair[]): string {
  const hash = createHash('sha256');
  for (const { en, ko } of pairs) hash.update(en).update('\t').update(ko).update('\n');
  return hash.digest('hex');
}
