/**
 * Byte-pair encoding: merging the symbols of one word by ranked rules (Sennrich, Haddow, Birch, "Neural Machine
 * Translation of Rare Words with Subword Units", 2016).
 *
 * Symbols are numbers here. Knows neither bytes nor text.
 */
import { makeHeap } from './heap.ts';
import { makePairTable } from './pairTable.ts';

export interface MergeRules {
  /** Rank of merging a with b, 0 first; -1 where no rule does. */
  rankOf(left: number, right: number): number;
  /** Symbol that the rule of this rank makes. */
  productOf(rank: number): number;
}

/** Above any number of symbols or of positions in a word; two of them still fit a double exactly. */
const shift = 2 ** 26;

/** Rules from [left, right, product] triples in order of rank; where a pair comes twice the later rank counts. */
export function makeMergeRules(
  rules: Iterable<readonly [left: number, right: number, product: number]>,
): MergeRules {
  const all = [...rules];
  const ranks = makePairTable(all.length);
  all.forEach(([left, right], rank) => {
    ranks.set(left, right, rank);
  });
  const products = Int32Array.from(all, ([, , product]) => product);
  return { rankOf: ranks.get, productOf: (rank) => products[rank] as number };
}

/** Up to so many symbols, looking through all pairs for the best is faster than keeping them in order. */
const shortWord = 48;
const symbols = new Int32Array(shortWord);
const ranks = new Int32Array(shortWord);

/** Applies the rule of lowest rank to all its pairs from left to right, again and again, until no rule applies. */
export function mergeSymbols(word: ArrayLike<number>, rules: MergeRules): number[] {
  return word.length <= shortWord ? mergeShort(word, rules) : mergeLong(word, rules);
}

/** O(n^2), in place. */
function mergeShort(word: ArrayLike<number>, rules: MergeRules): number[] {
  let count = word.length;
  for (let i = 0; i < count; i++) symbols[i] = word[i]!;
  for (let i = 0; i < count - 1; i++) ranks[i] = rules.rankOf(symbols[i]!, symbols[i + 1]!);
  for (;;) {
    let best = -1;
    for (let i = 0; i < count - 1; i++) {
      const rank = ranks[i]!;
      if (rank >= 0 && (best < 0 || rank < best)) best = rank;
    }
    if (best < 0) break;
    count = mergeRound(count, best, rules);
  }
  return Array.from(symbols.subarray(0, count));
}

/** Merges every pair of the rank, from left to right; the number of symbols that are left. */
function mergeRound(count: number, rank: number, rules: MergeRules): number {
  const product = rules.productOf(rank);
  let to = 0;
  for (let from = 0; from < count; to++) {
    const merges = from < count - 1 && ranks[from] === rank;
    symbols[to] = merges ? product : symbols[from]!;
    // What is kept stands beside the same symbol as before, unless that one merges: then the rank is made anew below.
    ranks[to] = merges ? stale : ranks[from]!;
    if (merges && to > 0) ranks[to - 1] = stale;
    from += merges ? 2 : 1;
  }
  for (let i = 0; i < to - 1; i++) {
    if (ranks[i] === stale) ranks[i] = rules.rankOf(symbols[i]!, symbols[i + 1]!);
  }
  return to;
}

const stale = -2;

/** O(n log n): the pairs wait in a heap, the symbols are a linked list. */
function mergeLong(word: ArrayLike<number>, rules: MergeRules): number[] {
  const symbols = Array.from(word);
  const count = symbols.length;
  const next = Array.from({ length: count }, (_, i) => i + 1);
  const previous = Array.from({ length: count }, (_, i) => i - 1);
  const merged = new Uint8Array(count);
  // A pair waits as rank * shift + position of its left symbol, so that smaller means earlier.
  const waiting = makeHeap<number>((a, b) => a < b);

  const rankAt = (left: number): number => {
    const right = next[left] as number;
    if (left < 0 || right >= count || merged[left] === 1) return -1;
    return rules.rankOf(symbols[left] as number, symbols[right] as number);
  };
  const enqueue = (left: number): void => {
    const rank = rankAt(left);
    if (rank >= 0) waiting.push(rank * shift + left);
  };
  const merge = (left: number, rank: number): void => {
    const right = next[left] as number;
    const after = next[right] as number;
    symbols[left] = rules.productOf(rank);
    merged[right] = 1;
    next[left] = after;
    if (after < count) previous[after] = left;
    enqueue(previous[left] as number);
    enqueue(left);
  };

  for (let left = 0; left < count - 1; left++) enqueue(left);
  while (waiting.size > 0) {
    // The whole round of a rank comes out first: a pair that a merge makes must wait, however low its rank.
    const rank = Math.floor((waiting.peek() as number) / shift);
    const round: number[] = [];
    while (waiting.size > 0 && (waiting.peek() as number) < (rank + 1) * shift) {
      round.push((waiting.pop() as number) - rank * shift);
    }
    for (const left of round) if (rankAt(left) === rank) merge(left, rank);
  }
  return symbols.filter((_, i) => merged[i] === 0);
}
