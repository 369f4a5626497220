/**
 * Means and what is made of them.
 */
import { ints, type Value } from '../graph.ts';
import { defineOperator, emitOne } from '../operator.ts';
import { product, type Shape } from '../shape.ts';
import { div, mul, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { reshape, shapeTensor } from './layout.ts';
import { expandReduced, normalAxes, type ReductionAttributes, reducedType } from './reduce.ts';

const reduceMeanOperator = defineOperator<ReductionAttributes>({
  type: 'ReduceMean',
  attributes: { keepdims: 'int' },
  infer: reducedType,
  gradient: ({ inputs, attributes, gradient }) => {
    const { shape } = inputs[0]!;
    const averaged = attributes.axes.map((axis) => shape[axis]!);
    return [expandReduced(div(gradient, count(gradient, averaged)), shape, attributes.axes)];
  },
});

/** The number of elements of `shape` as a float32 operand beside x. */
function count(x: Value, shape: Shape): Value | number {
  const size = product(shape);
  return typeof size === 'number' ? size : reshape(cast(shapeTensor(x.graph, [size]), 'float32'), []);
}

/** Mean over `axes` (all when left out); reduced axes go, or stay with size 1. */
export function reduceMean(x: Value, axes?: readonly number[], keepDims = false): Value {
  const all = normalAxes(x, axes, 'ReduceMean');
  if (all.length === 0) return x;
  return emitOne(reduceMeanOperator, [x, ints(x.graph, all)], { keepdims: keepDims ? 1 : 0, axes: all });
}

/** Mean squared deviation from the mean over `axes`, which stay with size 1 (no Bessel correction). */
export function variance(x: Value, axes: readonly number[]): Value {
  const deviation = sub(x, reduceMean(x, axes, true));
  return reduceMean(mul(deviation, deviation), axes, true);
}

/** Mean over all elements of (a - b)^2, a value of rank 0. */
export function meanSquaredError(a: Value, b: Value): Value {
  const difference = sub(a, b);
  return reduceMean(mul(difference, difference));
}
