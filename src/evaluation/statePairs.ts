/**
 * Which of many pairs states are measured on, and which baselines learn from. Knows no file.
 */
import { shuffle } from '../random/stream.ts';
import type { EvaluatedPair } from './states.ts';

export interface ChosenPairs {
  readonly measured: readonly EvaluatedPair[];
  /** Of the same list, none of them measured. */
  readonly others: readonly EvaluatedPair[];
}

export interface ChoiceOptions {
  /** How many to measure, at most. */
  readonly count: number;
  /** 0 by default. */
  readonly seed?: number;
  /** Keep half of the pairs for the baselines; false by default. */
  readonly half?: boolean;
}

/**
 * A sample in an order that the seed gives. Of pairs that share a sentence one is taken, since a sentence that stands twice
 * cannot be found again; the others are left out.
 */
export function choosePairs(
  pairs: readonly EvaluatedPair[],
  { count, seed = 0, half = false }: ChoiceOptions,
): ChosenPairs {
  const seen = { en: new Set<string>(), ko: new Set<string>() };
  const distinct: EvaluatedPair[] = [];
  for (const place of shuffle(pairs.length, seed, 0)) {
    const pair = pairs[place] as EvaluatedPair;
    if (seen.en.has(pair.en) || seen.ko.has(pair.ko)) continue;
    seen.en.add(pair.en);
    seen.ko.add(pair.ko);
    distinct.push(pair);
  }
  const most = half ? Math.ceil(distinct.length / 2) : distinct.length;
  const end = Math.min(count, most);
  return { measured: distinct.slice(0, end), others: distinct.slice(end) };
}
