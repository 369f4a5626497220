/**
 * The best that a linear map can do (ridge regression): a baseline for students, which need to beat it.
 *
 * Pure: rows in, rows out. Knows no model.
 */
import { InputError } from '../errors.ts';

/** Sums over pairs of rows from which a map can be fitted; rows need not be kept. */
export interface LinearFit {
  /** Takes in rows [n, from] with what they should become, [n, to]. */
  add(rows: Float32Array, targets: Float32Array): void;
  /** The map of least squared error, with `ridge` times the mean square of the rows added to the diagonal. */
  solve(ridge?: number): LinearMap;
}

export interface LinearMap {
  /** Rows [n, from] to rows [n, to]. */
  apply(rows: Float32Array): Float32Array;
}

/** A fit of rows of `from` values to rows of `to` values. An offset is part of it. */
export function linearFit(from: number, to: number): LinearFit {
  const width = from + 1;
  // Normal equations: rowsᵀ rows [width, width] and rowsᵀ targets [width, to], the last row being all ones.
  const gram = new Float64Array(width * width);
  const moments = new Float64Array(width * to);
  return {
    add(rows, targets) {
      const count = rows.length / from;
      if (!Number.isInteger(count) || targets.length !== count * to) {
        throw new InputError(
          `${rows.length} values in rows of ${from} do not go with ${targets.length} in rows of ${to}.`,
          'Give as many rows of both.',
        );
      }
      const row = new Float64Array(width).fill(1);
      for (let n = 0; n < count; n++) {
        row.set(rows.subarray(n * from, (n + 1) * from));
        for (let i = 0; i < width; i++) {
          const value = row[i] as number;
          // The lower triangle: the matrix is symmetric.
          for (let j = 0; j <= i; j++) gram[i * width + j]! += value * (row[j] as number);
          for (let j = 0; j < to; j++) moments[i * to + j]! += value * (targets[n * to + j] as number);
        }
      }
    },
    solve: (ridge = 1e-4) =>
      mapOf(solveSymmetric(regularised(gram, width, ridge), moments, width, to), from, to),
  };
}

function regularised(gram: Float64Array, width: number, ridge: number): Float64Array {
  const matrix = gram.slice();
  let trace = 0;
  for (let i = 0; i < width - 1; i++) trace += matrix[i * width + i] as number;
  // The offset is not held back.
  for (let i = 0; i < width - 1; i++) matrix[i * width + i]! += (ridge * trace) / (width - 1);
  return matrix;
}

/** X of A X = B by Cholesky's decomposition; A [n, n] symmetric and positive, its lower triangle used up. */
function solveSymmetric(a: Float64Array, b: Float64Array, n: number, columns: number): Float64Array {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[i * n + k] as number) * (a[j * n + k] as number);
      if (i !== j) a[i * n + j] = sum / (a[j * n + j] as number);
      else if (sum > 0) a[i * n + i] = Math.sqrt(sum);
      else
        throw new InputError('The rows do not determine a linear map.', 'Give more rows, or a larger ridge.');
    }
  }
  const x = b.slice();
  for (let i = 0; i < n; i++)
    eliminate(x, columns, i, 0, i, (k) => a[i * n + k] as number, a[i * n + i] as number);
  for (let i = n - 1; i >= 0; i--) {
    eliminate(x, columns, i, i + 1, n, (k) => a[k * n + i] as number, a[i * n + i] as number);
  }
  return x;
}

/** Row i of x less its multiples of the solved rows `start` to `end`, over the pivot. */
function eliminate(
  x: Float64Array,
  columns: number,
  i: number,
  start: number,
  end: number,
  factor: (k: number) => number,
  pivot: number,
): void {
  for (let k = start; k < end; k++) {
    const times = factor(k);
    for (let j = 0; j < columns; j++) x[i * columns + j]! -= times * (x[k * columns + j] as number);
  }
  for (let j = 0; j < columns; j++) x[i * columns + j]! /= pivot;
}

function mapOf(weights: Float64Array, from: number, to: number): LinearMap {
  return {
    apply(rows) {
      const count = rows.length / from;
      const result = new Float32Array(count * to);
      const sum = new Float64Array(to);
      for (let n = 0; n < count; n++) {
        sum.set(weights.subarray(from * to));
        for (let i = 0; i < from; i++) {
          const value = rows[n * from + i] as number;
          for (let j = 0; j < to; j++) sum[j]! += value * (weights[i * to + j] as number);
        }
        result.set(sum, n * to);
      }
      return result;
    },
  };
}
