/**
 * Sums over axes and their opposite, expansion: each is the other's gradient.
 */
import { type Graph, ints, scalar, type Value } from '../graph.ts';
import { defineOperator, emitOne, fail } from '../operator.ts';
import { broadcast, type Dim, normalAxis, type Shape, sameShape } from '../shape.ts';
import { reshape, shapeTensor } from './layout.ts';

const expandOperator = defineOperator({
  type: 'Expand',
  attributes: { target: 'rule' },
  infer: ([x], { target }) => [{ dtype: x!.dtype, shape: target as Shape }],
  gradient: ({ inputs, gradient }) => [sumTo(gradient, inputs[0]!.shape)],
});

/** x repeated to `shape`, as broadcasting repeats it. */
export function expand(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const result = broadcast(x.shape, shape);
  if (!result || !sameShape(result, shape)) fail('Expand', `cannot become [${shape.join(', ')}]`, [x]);
  return emitOne(expandOperator, [x, shapeTensor(x.graph, shape)], { target: shape });
}

/** float32 zeros. */
export function zeros(graph: Graph, shape: Shape): Value {
  return expand(scalar(graph, 0), shape);
}

const reduceSumOperator = defineOperator({
  type: 'ReduceSum',
  attributes: { keepdims: 'int', axes: 'rule' },
  infer: ([x], { axes, keepdims }) => [
    { dtype: x!.dtype, shape: reducedShape(x!.shape, axes as number[], keepdims === 1) },
  ],
  gradient: ({ inputs, attributes, gradient }) => [
    expandReduced(gradient, inputs[0]!.shape, attributes['axes'] as number[]),
  ],
});

/** Sum over `axes` (all when left out); reduced axes go, or stay with size 1. */
export function reduceSum(x: Value, axes?: readonly number[], keepDims = false): Value {
  const all = normalAxes(x, axes, 'ReduceSum');
  if (all.length === 0) return x;
  return emitOne(reduceSumOperator, [x, ints(x.graph, all)], { keepdims: keepDims ? 1 : 0, axes: all });
}

/** The axes of a reduction, counted from the front and in order. */
export function normalAxes(
  x: Value,
  axes: readonly number[] | undefined,
  operator: string,
): readonly number[] {
  const all = axes ?? x.shape.map((_, i) => i);
  return all.map((axis) => normalAxis(axis, x.shape.length, operator)).sort((a, b) => a - b);
}

export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims
    ? shape.map((dim, i): Dim => (axes.includes(i) ? 1 : dim))
    : shape.filter((_, i) => !axes.includes(i));
}

/** A reduced gradient spread over the axes that were summed away. */
export function expandReduced(gradient: Value, shape: Shape, axes: readonly number[]): Value {
  return expand(reshape(gradient, reducedShape(shape, axes, true)), shape);
}

/** x summed to `shape`, the shape of an operand that broadcasting had repeated. */
export function sumTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const extra = x.shape.length - shape.length;
  const axes = x.shape.flatMap((dim, i) => (i < extra || (shape[i - extra] === 1 && dim !== 1) ? [i] : []));
  return reshape(reduceSum(x, axes, true), shape);
}
