/**
 * Is a sentence's translation the nearest of all sentences? The measure of sentence embeddings
 * (Artetxe & Schwenk, arXiv 1812.10464): one that carries nothing of the sentence finds 1 in pool size.
 *
 * Pure: vectors in, ranks out. Knows no model.
 */
import { InputError } from '../errors.ts';

export interface Retrieval {
  /** Sentences among which each looks for its translation: by chance it is right once in so many. */
  readonly pool: number;
  /** Of each query, how many vectors of the pool are nearer than its own translation; ties count half. */
  readonly ranks: Float64Array;
}

/**
 * Row i of `queries` looks for row i of `pool`, both [texts, size] row by row, by cosine.
 * Throws InputError unless both hold the same number of rows of `size`.
 */
export function retrieve(queries: Float32Array, pool: Float32Array, size: number): Retrieval {
  const count = queries.length / size;
  if (queries.length !== pool.length || !Number.isInteger(count) || count < 1) {
    throw new InputError(
      `${queries.length} and ${pool.length} values are no two lists of vectors of ${size}.`,
      'Give one vector a text on both sides.',
    );
  }
  const [asking, asked] = [normalised(queries, size), normalised(pool, size)];
  const ranks = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const own = dot(asking, i, asked, i, size);
    let rank = 0;
    for (let j = 0; j < count; j++) {
      if (j === i) continue;
      const other = dot(asking, i, asked, j, size);
      if (other > own) rank += 1;
      else if (other === own) rank += 0.5;
    }
    ranks[i] = rank;
  }
  return { pool: count, ranks };
}

/** For each query, 1 where its translation is among the `k` nearest, else 0. */
export function recallAt({ ranks }: Retrieval, k: number): Float64Array {
  return ranks.map((rank) => (rank < k ? 1 : 0));
}

/** Rows of length 1; a row of zeros stays one, and is near to nothing. */
function normalised(vectors: Float32Array, size: number): Float32Array {
  const unit = new Float32Array(vectors.length);
  for (let start = 0; start < vectors.length; start += size) {
    let squares = 0;
    for (let i = start; i < start + size; i++) squares += (vectors[i] as number) ** 2;
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let i = start; i < start + size; i++) unit[i] = scale * (vectors[i] as number);
  }
  return unit;
}

function dot(a: Float32Array, i: number, b: Float32Array, j: number, size: number): number {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += (a[i * size + k] as number) * (b[j * size + k] as number);
  return sum;
}
