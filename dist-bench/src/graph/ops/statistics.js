/**
 * Means and what is made of them.
 */
import { ints } from "../graph.js";
import { defineOperator, emitOne } from "../operator.js";
import { product } from "../shape.js";
import { div, mul, sub } from "./arithmetic.js";
import { cast } from "./cast.js";
import { reshape, shapeTensor } from "./layout.js";
import { expandReduced, normalAxes, reducedType, reduceSum } from "./reduce.js";
const reduceMeanOperator = defineOperator({
    type: 'ReduceMean',
    attributes: { keepdims: 'int' },
    infer: reducedType('ReduceMean'),
    gradient: ({ inputs, attributes, gradient }) => {
        const { shape } = inputs[0];
        const averaged = attributes.axes.map((axis) => shape[axis]);
        return [expandReduced(div(gradient, count(gradient, averaged)), shape, attributes.axes)];
    },
});
/** The number of elements of `shape` as a float32 operand beside x. */
function count(x, shape) {
    const size = product(shape);
    return typeof size === 'number' ? size : reshape(cast(shapeTensor(x.graph, [size]), 'float32'), []);
}
/** Mean over `axes` (all when left out); reduced axes go, or stay with size 1. */
export function reduceMean(x, axes, keepDims = false) {
    const all = normalAxes(x, axes, 'ReduceMean');
    if (all.length === 0)
        return x;
    return emitOne(reduceMeanOperator, [x, ints(x.graph, all)], { keepdims: keepDims ? 1 : 0, axes: all });
}
/** Mean squared deviation from the mean over `axes`, which stay with size 1 (no Bessel correction). */
export function variance(x, axes) {
    const deviation = sub(x, reduceMean(x, axes, true));
    return reduceMean(mul(deviation, deviation), axes, true);
}
/** Mean over all elements of (a - b)^2, a value of rank 0. */
export function meanSquaredError(a, b) {
    const difference = sub(a, b);
    return reduceMean(mul(difference, difference));
}
/** Sum over all elements of weight * (a - b)^2, a value of rank 0; `weight` broadcasts. */
export function weightedSquaredError(a, b, weight) {
    const difference = sub(a, b);
    return reduceSum(mul(weight, mul(difference, difference)));
}
//# sourceMappingURL=statistics.js.map