/**
 * Sums over axes and their opposite, expansion: each is the other's gradient.
 */
import { type Graph, ints, scalar, type Value } from '../graph.ts';
import { defineOperator, emitOne, fail, type Operator } from '../operator.ts';
import { broadcast, type Dim, formatShape, normalAxis, type Shape, sameShape } from '../shape.ts';
import { reshape, shapeTensor } from './layout.ts';

const expandOperator = defineOperator<{ target: Shape }>({
  type: 'Expand',
  infer: ([x], { target }) => [{ dtype: x!.dtype, shape: target }],
  gradient: ({ inputs, gradient }) => [sumTo(gradient, inputs[0]!.shape)],
});

/** x repeated to `shape`, as broadcasting repeats it. */
export function expand(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const result = broadcast(x.shape, shape);
  if (!result || !sameShape(result, shape)) fail('Expand', `cannot become ${formatShape(shape)}`, [x]);
  return emitOne(expandOperator, [x, shapeTensor(x.graph, shape)], { target: shape });
}

/** What x was expanded from, if an element-wise operator with `other` expands it again by itself; else x. */
export function unexpanded(x: Value, other: Value): Value {
  const source = x.node?.operator === expandOperator ? x.node.inputs[0]! : x;
  const alone = broadcast(source.shape, other.shape);
  const expanded = broadcast(x.shape, other.shape);
  return alone && expanded && sameShape(alone, expanded) ? source : x;
}

/** float32 zeros. */
export function zeros(graph: Graph, shape: Shape): Value {
  return expand(scalar(graph, 0), shape);
}

/** `axes` count from the front and are in order. */
export type ReductionAttributes = { readonly axes: readonly number[]; readonly keepdims: number };

/** The shape rule of reductions: reduced axes go, or stay with size 1. */
export const reducedType: Operator<ReductionAttributes>['infer'] = ([x], { axes, keepdims }) => [
  { dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepdims === 1) },
];

const reduceSumOperator = defineOperator<ReductionAttributes>({
  type: 'ReduceSum',
  attributes: { keepdims: 'int' },
  infer: reducedType,
  gradient: ({ inputs, attributes, gradient }) => [
    expandReduced(gradient, inputs[0]!.shape, attributes.axes),
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
  const normal = all.map((axis) => normalAxis(axis, x.shape.length, operator)).sort((a, b) => a - b);
  if (new Set(normal).size < normal.length) fail(operator, `axes [${all}] name one axis twice`, [x]);
  return normal;
}

function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
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
  const whole = broadcast(x.shape, shape);
  if (!whole || !sameShape(whole, x.shape))
    fail('SumTo', `was not broadcast from ${formatShape(shape)}`, [x]);
  const extra = x.shape.length - shape.length;
  const axes = x.shape.flatMap((dim, i) => (i < extra || (shape[i - extra] === 1 && dim !== 1) ? [i] : []));
  const keepDims = axes.some((axis) => axis >= extra);
  return reshape(reduceSum(x, axes, keepDims), shape);
}
