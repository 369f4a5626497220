/**
 * Element-wise functions of one operand.
 */
import { scalar } from "../graph.js";
import { asInput, defineOperator, emitOne } from "../operator.js";
import { div, mul, neg, sub } from "./arithmetic.js";
import { and, greaterOrEqual, lessOrEqual, where } from "./logic.js";
/** An operator whose gradient is the upstream gradient times `derivative(x, y)`. */
function unaryOperator(type, derivative) {
    return defineOperator({
        type,
        infer: asInput(type),
        gradient: ({ inputs, outputs, gradient }) => [mul(gradient, derivative(inputs[0], outputs[0]))],
    });
}
const expOperator = unaryOperator('Exp', (_, y) => y);
const sqrtOperator = unaryOperator('Sqrt', (_, y) => div(0.5, y));
const reciprocalOperator = unaryOperator('Reciprocal', (_, y) => neg(mul(y, y)));
const sinOperator = unaryOperator('Sin', (x) => cos(x));
const cosOperator = unaryOperator('Cos', (x) => neg(sin(x)));
const tanhOperator = unaryOperator('Tanh', (_, y) => sub(1, mul(y, y)));
const sigmoidOperator = unaryOperator('Sigmoid', (_, y) => mul(y, sub(1, y)));
const erfOperator = unaryOperator('Erf', (x) => mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x)))));
/** e to the power x. */
export const exp = (x) => emitOne(expOperator, [x]);
export const sqrt = (x) => emitOne(sqrtOperator, [x]);
/** 1 / x. */
export const reciprocal = (x) => emitOne(reciprocalOperator, [x]);
export const sin = (x) => emitOne(sinOperator, [x]);
export const cos = (x) => emitOne(cosOperator, [x]);
export const tanh = (x) => emitOne(tanhOperator, [x]);
/** 1 / (1 + exp(-x)). */
export const sigmoid = (x) => emitOne(sigmoidOperator, [x]);
/** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export const erf = (x) => emitOne(erfOperator, [x]);
const clipOperator = defineOperator({
    type: 'Clip',
    infer: asInput('Clip'),
    gradient: ({ inputs, gradient }) => {
        const [x, min, max] = inputs;
        const inside = and(greaterOrEqual(x, min), lessOrEqual(x, max));
        return [where(inside, gradient, scalar(x.graph, 0))];
    },
});
/** x kept within [min, max]; the gradient passes inside, bounds included. */
export function clip(x, min, max) {
    return emitOne(clipOperator, [x, scalar(x.graph, min), scalar(x.graph, max)]);
}
//# sourceMappingURL=elementwise.js.map