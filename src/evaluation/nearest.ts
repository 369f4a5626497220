/**
 * Which sentences a text encoder takes for alike: the nearest pairs of a corpus to a text.
 *
 * Of each sentence one vector is kept, the sum of its rows, so that a pool of thousands takes little memory; beside them, the
 * teacher's mean and variance, which errors are measured by. Knows no files.
 */
import type { Pair } from '../corpus/pairs.ts';
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { InputError } from '../errors.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { cosineOf } from './rowSums.ts';

/** The vectors of many sentences by one encoder. */
export interface Vectors {
  /** One a sentence, each [size]: the sum of its rows. */
  readonly sums: readonly Float32Array[];
  /** [size], of `sums`. */
  readonly mean: Float64Array;
}

export interface PairPool {
  readonly pairs: readonly Pair[];
  /** Of the Korean sentences by the encoder that is looked into. */
  readonly korean: Vectors;
  /** Of the English ones by the teacher. */
  readonly english: Vectors;
  /** The teacher's rows of the English sentences: mean [77 * size], and mean squared distance from it [77]. */
  readonly teacher: { readonly mean: Float64Array; readonly variance: Float64Array };
}

export interface Neighbor extends Pair {
  /** Cosine of the two vectors, less the mean of all: 1 for sentences that are read alike. */
  readonly cosine: number;
}

export interface PoolProgress {
  readonly done: number;
  readonly total: number;
}

export interface PoolOptions {
  /** Pairs encoded at once, 64 by default. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
}

/** Encodes both sides of all pairs, yielding after each batch. Throws InputError for no pairs, and what encoders throw. */
export async function* readPool(
  pairs: readonly Pair[],
  encoder: TextEncoder,
  teacher: TextEncoder,
  { batch = 64, signal }: PoolOptions = {},
): AsyncGenerator<PoolProgress, PairPool, undefined> {
  if (pairs.length === 0) throw new InputError('There are no pairs to look among.', 'Give at least one.');
  const korean: Float32Array[] = [];
  const english: Float32Array[] = [];
  const moments = rowMoments();
  for (let start = 0; start < pairs.length; start += batch) {
    signal?.throwIfAborted();
    const some = pairs.slice(start, start + batch);
    korean.push(...rowSums(await encoder.encode(some.map(({ ko }) => ko))));
    const states = await teacher.encode(some.map(({ en }) => en));
    english.push(...rowSums(states));
    moments.add(states);
    yield { done: english.length, total: pairs.length };
  }
  return { pairs, korean: vectorsOf(korean), english: vectorsOf(english), teacher: moments.get() };
}

/** An even part of a list, in its order: `count` of it, or all. */
export function evenly<Item>(items: readonly Item[], count: number): Item[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)] as Item);
}

/** The first of each pair that stands several times. */
export function distinctPairs(pairs: readonly Pair[]): Pair[] {
  return [...new Map(pairs.map(({ en, ko }) => [`${en}\n${ko}`, { en, ko }])).values()];
}

/**
 * The `count` nearest sentences to one whose vector is `sum` and is seen from `mean`, best first. Of several pairs with the same
 * sentence in `language` one is given.
 */
export function nearestPairs(
  pool: PairPool,
  language: 'ko' | 'en',
  { sum, mean }: { readonly sum: Float32Array; readonly mean: Float64Array },
  count: number,
): Neighbor[] {
  const vectors = language === 'ko' ? pool.korean : pool.english;
  const wanted = centred(sum, mean);
  const scored = pool.pairs.map((pair, i) => ({
    ...pair,
    cosine: cosineOf(wanted, centred(vectors.sums[i] as Float32Array, vectors.mean)),
  }));
  const best = new Map<string, Neighbor>();
  for (const one of scored.sort((a, b) => b.cosine - a.cosine)) {
    if (best.size === count) break;
    if (!best.has(one[language])) best.set(one[language], one);
  }
  return [...best.values()];
}

/** The sum of the rows of each text, of states [texts, rows, size]. */
export function rowSums({ data, shape }: FloatTensor): Float32Array[] {
  const [texts = 0, rows = 0, size = 0] = shape;
  return Array.from({ length: texts }, (_, text) => {
    const sum = new Float32Array(size);
    for (let i = 0; i < rows * size; i++) sum[i % size]! += data[text * rows * size + i] as number;
    return sum;
  });
}

function vectorsOf(sums: readonly Float32Array[]): Vectors {
  const mean = new Float64Array(sums[0]?.length ?? 0);
  for (const sum of sums) for (let i = 0; i < sum.length; i++) mean[i]! += (sum[i] as number) / sums.length;
  return { sums, mean };
}

/** Means of values and squares, added up text by text. */
function rowMoments() {
  let texts = 0;
  let [sum, squares] = [new Float64Array(0), new Float64Array(0)];
  let size = 0;
  return {
    add({ data, shape }: FloatTensor): void {
      const [count = 0, rows = 0, width = 0] = shape;
      if (texts === 0)
        [sum, squares, size] = [new Float64Array(rows * width), new Float64Array(rows * width), width];
      texts += count;
      for (let i = 0; i < data.length; i++) {
        const value = data[i] as number;
        sum[i % sum.length]! += value;
        squares[i % sum.length]! += value * value;
      }
    },
    get(): PairPool['teacher'] {
      const mean = sum.map((value) => value / texts);
      const variance = new Float64Array(mean.length / size);
      mean.forEach((value, i) => {
        variance[Math.floor(i / size)]! += Math.max(0, (squares[i] as number) / texts - value * value);
      });
      return { mean, variance };
    },
  };
}

function centred(vector: Float32Array, mean: Float64Array): Float64Array {
  return mean.map((value, i) => (vector[i] as number) - value);
}
