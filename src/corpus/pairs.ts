/**
 * Korean-English sentence pairs, and short lists of them in a file. Knows no corpus: see store.ts.
 */
import { readJsonLines } from '../checkpoint/json.ts';
import { CheckpointError } from '../errors.ts';

export interface Pair {
  readonly en: string;
  readonly ko: string;
}

export interface LabelledPair extends Pair {
  /** What it is about, where its file says so. */
  readonly domain?: string;
}

/**
 * Pairs of a JSONL file, one object with `en` and `ko` a line, and `domain` where it has one.
 * Throws CheckpointError naming file and row for anything else, and for a file without pairs.
 */
export async function readPairs(path: string): Promise<LabelledPair[]> {
  const pairs: LabelledPair[] = [];
  let line = 0;
  for await (const value of readJsonLines(path)) {
    line++;
    const { en, ko, domain } = (value ?? {}) as Record<string, unknown>;
    if (typeof en !== 'string' || typeof ko !== 'string') {
      throw new CheckpointError(
        `${path}, row ${line}: en and ko must be text.`,
        'Give one JSON object with "en" and "ko" a line.',
      );
    }
    pairs.push({ en, ko, ...(typeof domain === 'string' && domain !== '' ? { domain } : {}) });
  }
  if (pairs.length === 0)
    throw new CheckpointError(`${path} holds no pairs.`, 'Give a file with at least one.');
  return pairs;
}
