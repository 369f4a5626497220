/**
 * The best that a linear map can do (ridge regression): a baseline for students, which need to beat it.
 *
 * The engine multiplies rows; the equations, which are few, are solved in double precision. Knows no model.
 */
import { InputError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { fusedMatMul, matmul } from '../graph/ops/matmul.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime, Session } from '../runtime/session.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';

/** Sums over pairs of rows from which a map can be fitted; rows need not be kept. */
export interface LinearFit {
  /** Takes in rows [n, from] with what they should become, [n, to]. Throws InputError unless there are as many of both. */
  add(rows: Float32Array, targets: Float32Array): Promise<void>;
  /**
   * The map of least squared error, with `ridge` times the mean square of the rows added to the diagonal. Throws InputError if
   * the rows do not determine one.
   */
  solve(ridge?: number): LinearMap;
  dispose(): Promise<void>;
}

export interface LinearMap {
  /** Rows [n, from] to rows [n, to]; not after the fit was disposed. */
  apply(rows: Float32Array): Promise<Float32Array>;
}

/** A fit of rows of `from` values to rows of `to` values. An offset is part of it. */
export async function linearFit(runtime: Runtime, from: number, to: number): Promise<LinearFit> {
  const width = from + 1;
  // Normal equations: rowsᵀ rows [width, width] and rowsᵀ targets [width, to], the last row being all ones.
  const gram = new Float64Array(width * width);
  const moments = new Float64Array(width * to);
  const [products, map] = [await productsOf(runtime, width, to), await mapOf(runtime, width, to)];
  return {
    async add(rows, targets) {
      const count = rows.length / from;
      if (!Number.isInteger(count) || targets.length !== count * to) {
        throw new InputError(
          `${rows.length} values in rows of ${from} do not go with ${targets.length} in rows of ${to}.`,
          'Give as many rows of both.',
        );
      }
      const sums = await products.run({ x: withOnes(rows, from), y: floatTensor(targets, [count, to]) });
      addTo(gram, sums['gram'] as FloatTensor);
      addTo(moments, sums['moments'] as FloatTensor);
    },
    solve(ridge = 1e-4) {
      const solution = solveSymmetric(regularised(gram, width, ridge), moments, width, to);
      const weights = floatTensor(Float32Array.from(solution), [width, to]);
      return {
        apply: async (rows) =>
          (await map.run({ x: withOnes(rows, from), weights }))['y']?.data as Float32Array,
      };
    },
    async dispose() {
      await products.dispose();
      await map.dispose();
    },
  };
}

/** xᵀ x and xᵀ y of x [n, width], y [n, to]. */
function productsOf(runtime: Runtime, width: number, to: number): Promise<Session> {
  const graph = createGraph();
  const [x, y] = [input(graph, 'x', 'float32', ['n', width]), input(graph, 'y', 'float32', ['n', to])];
  const transposed = { transA: true };
  return compile(runtime, graph, {
    gram: fusedMatMul(x, x, transposed),
    moments: fusedMatMul(x, y, transposed),
  });
}

/** x [n, width] times weights [width, to]. */
function mapOf(runtime: Runtime, width: number, to: number): Promise<Session> {
  const graph = createGraph();
  const [x, weights] = [
    input(graph, 'x', 'float32', ['n', width]),
    input(graph, 'weights', 'float32', [width, to]),
  ];
  return compile(runtime, graph, { y: matmul(x, weights) });
}

/** Rows [n, from] with a one behind each, [n, from + 1]. */
function withOnes(rows: Float32Array, from: number): FloatTensor {
  const count = rows.length / from;
  const data = new Float32Array(count * (from + 1)).fill(1);
  for (let n = 0; n < count; n++) data.set(rows.subarray(n * from, (n + 1) * from), n * (from + 1));
  return floatTensor(data, [count, from + 1]);
}

function addTo(sums: Float64Array, { data }: FloatTensor): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += data[i] as number;
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
