/**
 * What a form of small weight changes is (LoRA, LoHa, LoKr): which tensors a layer of it has in a file, and how they
 * change what the layer computes. A new one is a file beside lowRank.ts and a line in `forms` of registry.ts.
 *
 * Weights of the model are never touched: W' x = W x + ΔW x, and ΔW x is cheap where ΔW is a product of small factors. So
 * a change is a few nodes more in the graph, and its factors are constants of the graph. Pure: no file, no engine.
 */
import type { Value } from '../graph/graph.ts';
import type { Layer } from '../models/scope.ts';

/** A tensor of a change: float32, row-major. */
export interface Factor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** The factors of one layer, by the roles that names.ts gives them. */
export type Factors = Readonly<Record<string, Factor>>;

/** Adds nodes to the layer's graph; returns what it shall return in place of `y`. */
export type Change = (layer: Layer) => Value;

export interface Form {
  readonly name: string;
  /** Of its factors, `alpha` aside, which all forms may have. Each stands in one form, which it tells. */
  readonly roles: readonly string[];
  /**
   * The change of a layer whose weight has `shape`, `strength` times as strong as the file says. Undefined where a
   * factor is missing; throws `misfit` where one has another shape than the layer asks for.
   */
  change(factors: Factors, shape: readonly number[], strength: number, misfit: Misfit): Change | undefined;
}

/** The error for a factor whose shape is not the `expected` one; `expected` may have letters for open sizes. */
export type Misfit = (role: string, expected: readonly (number | string)[]) => Error;

/** `factor` times `scale`. */
export function scaled({ data, shape }: Factor, scale: number): Factor {
  return { data: data.map((value) => value * scale), shape };
}

/** Rows and columns of a factor; what stands behind them (a window's sides) belongs to the columns. */
export function matrixSize({ shape }: Factor): readonly [rows: number, columns: number] {
  const [rows = 1, ...rest] = shape;
  return [rows, rest.reduce((product, side) => product * side, 1)];
}

/** a [m, k] times b [k, n], both row-major; what stands behind the first two axes of b belongs to its columns. */
export function product(a: Factor, b: Factor): Factor {
  const [m, k] = matrixSize(a);
  const [, n] = matrixSize(b);
  const data = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < k; j++) {
      const factor = a.data[i * k + j] as number;
      for (let column = 0; column < n; column++) {
        data[i * n + column] = (data[i * n + column] as number) + factor * (b.data[j * n + column] as number);
      }
    }
  }
  return { data, shape: [m, ...b.shape.slice(1)] };
}
