/**
 * A Brownian path: noise for the solvers of stochastic differential equations that belongs to a stretch of time, and not
 * to a call. Runs with other numbers of steps then follow the same path. Knows no sampler.
 */
import { weightedSum } from './linear.ts';
import type { NoiseSource } from './scheduler.ts';

/**
 * The path's increment from one time to a later one, divided by its standard deviation: standard normal, independent of
 * that of any stretch that does not overlap.
 */
export type BrownianPath = (from: number, to: number) => Float32Array;

type ByNumber = (number: number) => Float32Array;

/** Times are rounded to a grid of 2^12 parts of the range, about as fine as the time steps of the training. */
const depth = 12;
const parts = 2 ** depth;

/** Two of a path's values are asked for again: a step of two stages begins where the last one ended. */
const valuesKept = 3;

/**
 * The path over `range`, rising times. All of it is made of draws that have names of their own, so that it is the same
 * whatever is asked for, if `noise` draws by name; if not, a name gets the next draw.
 */
export function brownianPath(noise: NoiseSource, range: readonly [number, number]): BrownianPath {
  const [start, end] = range;
  const grid = (time: number) =>
    Math.min(Math.max(Math.round(((time - start) / (end - start)) * parts), 0), parts);
  // Ways down the tree share their beginnings, which are kept to save draws; draws in order must all be kept.
  const draws = noise.named ? keeping(2 * depth, noise.named) : keeping(2 * parts, () => noise());
  const value = keeping(valuesKept, (at) => valueAt(at, draws));
  return (from, to) => {
    const begin = Math.min(grid(from), parts - 1);
    const finish = Math.max(grid(to), begin + 1);
    const scale = Math.sqrt(parts / (finish - begin));
    return weightedSum([-scale, value(begin)], [scale, value(finish)]);
  };
}

/**
 * The path at the grid point `at`, whose end has variance 1. By Lévy's construction: the end is drawn first, then the
 * middle given both ends, and so on down to `at`. Draw 1 is the end's; those of the middles are numbered as in a heap.
 */
function valueAt(at: number, draws: ByNumber): Float32Array {
  const end = draws(1);
  const begin = new Float32Array(end.length);
  if (at === 0) return begin;
  let [left, right] = [0, parts];
  let [leftValue, rightValue]: [Float32Array, Float32Array] = [begin, end];
  for (let node = 2; at !== right; node *= 2) {
    const middle = (left + right) / 2;
    const spread = Math.sqrt((right - left) / parts) / 2;
    const value = weightedSum([0.5, leftValue], [0.5, rightValue], [spread, draws(node)]);
    if (at <= middle) [right, rightValue] = [middle, value];
    else {
      [left, leftValue] = [middle, value];
      node++;
    }
  }
  return rightValue;
}

/** `make`, which is not asked again for the `most` numbers that were last in use. */
function keeping(most: number, make: ByNumber): ByNumber {
  const kept = new Map<number, Float32Array>();
  return (number) => {
    const value = kept.get(number) ?? make(number);
    // The order of a map is that of insertion: what is used moves to its end.
    kept.delete(number);
    kept.set(number, value);
    if (kept.size > most) kept.delete(kept.keys().next().value as number);
    return value;
  };
}
