/**
 * How many floating-point operations a graph takes. Only matrix products and attention count: they are nearly all.
 */
import type { Node, Value } from './graph.ts';
import { reachable } from './serialize.ts';
import { type Dim, factorsOf } from './shape.ts';

/** Sizes of the symbolic dimensions. */
export type Sizes = Readonly<Record<string, number>>;

/** Operations that `outputs` need, a multiplication and an addition each. */
export function flops(outputs: readonly Value[], sizes: Sizes): number {
  const graph = outputs[0]!.graph;
  return reachable(graph, outputs).nodes.reduce((sum, node) => sum + flopsOf(node, sizes), 0);
}

function flopsOf({ operator, inputs, outputs, attributes }: Node, sizes: Sizes): number {
  const elements = (value: Value) => value.shape.reduce((n: number, dim) => n * sizeOf(dim, sizes), 1);
  switch (operator.type) {
    case 'Gemm':
    case 'MatMul':
    case 'FusedMatMul': {
      const { shape } = inputs[0]!;
      const inner = shape[shape.length - (attributes['transA'] === 1 ? 2 : 1)]!;
      return 2 * elements(outputs[0]!) * sizeOf(inner, sizes);
    }
    case 'MultiHeadAttention': {
      const keys = sizeOf(inputs[1]!.shape[1]!, sizes);
      return 2 * keys * (elements(inputs[0]!) + elements(outputs[0]!));
    }
    default:
      return 0;
  }
}

/** The size of a dimension; not a number where `sizes` lack one of its names. */
export function sizeOf(dim: Dim, sizes: Sizes): number {
  const { factor, names } = factorsOf(dim);
  return names.reduce((size, name) => size * (sizes[name] ?? Number.NaN), factor);
}
