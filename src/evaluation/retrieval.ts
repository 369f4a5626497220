/**
 * Is a sentence's translation the nearest of all sentences? The measure of sentence embeddings
 * (Artetxe & Schwenk, arXiv 1812.10464): one that carries nothing of the sentence finds 1 in pool size.
 */
import { InputError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { fusedMatMul } from '../graph/ops/matmul.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime } from '../runtime/session.ts';
import { floatTensor } from '../runtime/tensor.ts';

export interface Retrieval {
  /** Sentences among which each looks for its translation: by chance it is right once in so many. */
  readonly pool: number;
  /** Of each query, how many vectors of the pool are nearer than its own translation; ties count half. */
  readonly ranks: Float64Array;
}

export interface Cosines {
  readonly count: number;
  /** [count, count]: of vector i of one side with vector j of the other. */
  readonly values: Float32Array;
}

/**
 * The cosines of all vectors of one side with all of the other, both [count, size] row by row and of length 1 (`normalise`).
 * Throws InputError unless both hold the same number of rows of `size`.
 */
export async function cosines(
  runtime: Runtime,
  one: Float32Array,
  other: Float32Array,
  size: number,
): Promise<Cosines> {
  const count = one.length / size;
  if (one.length !== other.length || !Number.isInteger(count) || count < 1) {
    throw new InputError(
      `${one.length} and ${other.length} values are no two lists of vectors of ${size}.`,
      'Give one vector a text on both sides.',
    );
  }
  const graph = createGraph();
  const [a, b] = [input(graph, 'a', 'float32', [count, size]), input(graph, 'b', 'float32', [count, size])];
  const session = await compile(runtime, graph, { products: fusedMatMul(a, b, { transB: true }) });
  try {
    const side = (vectors: Float32Array) => floatTensor(vectors, [count, size]);
    const { products } = await session.run({ a: side(one), b: side(other) });
    return { count, values: products!.data as Float32Array };
  } finally {
    await session.dispose();
  }
}

/** Each vector of one side (`rows`) or the other (`columns`) looks for the one at the same place of the opposite side. */
export function retrieve({ count, values }: Cosines, queries: 'rows' | 'columns'): Retrieval {
  const [step, next] = queries === 'rows' ? [1, count] : [count, 1];
  const ranks = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const own = values[i * (count + 1)] as number;
    let rank = 0;
    for (let j = 0; j < count; j++) {
      const other = values[i * next + j * step] as number;
      if (j !== i && other >= own) rank += other === own ? 0.5 : 1;
    }
    ranks[i] = rank;
  }
  return { pool: count, ranks };
}

/** For each query, 1 where its translation is among the `k` nearest, else 0. */
export function recallAt({ ranks }: Retrieval, k: number): Float64Array {
  return ranks.map((rank) => (rank < k ? 1 : 0));
}

/** Makes each vector of `size` one of length 1, in place; a vector of zeros stays one, and is near to nothing. */
export function normalise(vectors: Float32Array, size: number): Float32Array {
  for (let start = 0; start < vectors.length; start += size) {
    let squares = 0;
    for (let i = start; i < start + size; i++) squares += (vectors[i] as number) ** 2;
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let i = start; i < start + size; i++) vectors[i] = scale * (vectors[i] as number);
  }
  return vectors;
}
