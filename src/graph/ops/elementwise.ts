/**
 * Element-wise functions of one operand.
 */
import { scalar, type Value } from '../graph.ts';
import { asInput, defineOperator, emitOne, type Operator } from '../operator.ts';
import { div, mul, neg, sub } from './arithmetic.ts';
import { and, greaterOrEqual, lessOrEqual, where } from './logic.ts';

/** An operator whose gradient is the upstream gradient times `derivative(x, y)`. */
function unaryOperator(type: string, derivative: (x: Value, y: Value) => Value): Operator {
  return defineOperator({
    type,
    infer: asInput(type),
    gradient: ({ inputs, outputs, gradient }) => [mul(gradient, derivative(inputs[0]!, outputs[0]!))],
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
export const exp = (x: Value): Value => emitOne(expOperator, [x]);
/** The square root; its gradient is infinite at 0. */
export const sqrt = (x: Value): Value => emitOne(sqrtOperator, [x]);
/** 1 / x. */
export const reciprocal = (x: Value): Value => emitOne(reciprocalOperator, [x]);
/** Sine of radians. */
export const sin = (x: Value): Value => emitOne(sinOperator, [x]);
/** Cosine of radians. */
export const cos = (x: Value): Value => emitOne(cosOperator, [x]);
/** Hyperbolic tangent. */
export const tanh = (x: Value): Value => emitOne(tanhOperator, [x]);
/** 1 / (1 + exp(-x)). */
export const sigmoid = (x: Value): Value => emitOne(sigmoidOperator, [x]);
/** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export const erf = (x: Value): Value => emitOne(erfOperator, [x]);

const clipOperator = defineOperator({
  type: 'Clip',
  infer: asInput('Clip'),
  gradient: ({ inputs, gradient }) => {
    const [x, min, max] = inputs as [Value, Value, Value];
    const inside = and(greaterOrEqual(x, min), lessOrEqual(x, max));
    return [where(inside, gradient, scalar(x.graph, 0))];
  },
});

/** x kept within [min, max]; the gradient passes inside, bounds included. */
export function clip(x: Value, min: number, max: number): Value {
  return emitOne(clipOperator, [x, scalar(x.graph, min), scalar(x.graph, max)]);
}
