/**
 * Byte-pair encoding: merging the symbols of one word by ranked rules (Sennrich, Haddow, Birch, "Neural Machine
 * Translation of Rare Words with Subword Units", 2016).
 *
 * Symbols are numbers here. Knows neither bytes nor text.
 */
import { makeHeap } from './heap.ts';

export interface MergeRules {
  /** Rank of merging a with b, 0 first; undefined where no rule does. */
  rankOf(left: number, right: number): number | undefined;
  /** Symbol that the rule of this rank makes. */
  productOf(rank: number): number;
}

/** Above any number of symbols or of positions in a word; two of them still fit a double exactly. */
const shift = 2 ** 26;

/** Rules from [left, right, product] triples in order of rank; where a pair comes twice the later rank counts. */
export function makeMergeRules(
  rules: Iterable<readonly [left: number, right: number, product: number]>,
): MergeRules {
  const ranks = new Map<number, number>();
  const products: number[] = [];
  for (const [left, right, product] of rules) {
    ranks.set(left * shift + right, products.length);
    products.push(product);
  }
  return {
    rankOf: (left, right) => ranks.get(left * shift + right),
    productOf: (rank) => products[rank] as number,
  };
}

/**
 * Applies the rule of lowest rank to all its pairs from left to right, again and again, until no rule applies.
 * O(n log n): the pairs wait in a heap, the symbols are a linked list.
 */
export function mergeSymbols(word: readonly number[], rules: MergeRules): number[] {
  const symbols = [...word];
  const count = symbols.length;
  const next = Array.from({ length: count }, (_, i) => i + 1);
  const previous = Array.from({ length: count }, (_, i) => i - 1);
  const merged = new Uint8Array(count);
  // A pair waits as rank * shift + position of its left symbol, so that smaller means earlier.
  const waiting = makeHeap<number>((a, b) => a < b);

  const rankAt = (left: number): number | undefined => {
    const right = next[left] as number;
    if (left < 0 || right >= count || merged[left] === 1) return undefined;
    return rules.rankOf(symbols[left] as number, symbols[right] as number);
  };
  const enqueue = (left: number): void => {
    const rank = rankAt(left);
    if (rank !== undefined) waiting.push(rank * shift + left);
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
