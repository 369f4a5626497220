/**
 * Element-wise operators of two operands, with NumPy's broadcasting, and the unary ones built on them.
 */
import { GraphError } from '../../errors.ts';
import { scalar, type Value } from '../graph.ts';
import { asInput, defineOperator, emitOne, fail, type GradientContext, type Operator } from '../operator.ts';
import { broadcast } from '../shape.ts';
import { sumTo, unexpanded } from './reduce.ts';

type PartialRule = (context: GradientContext & { a: Value; b: Value }) => Value;

/** A broadcasting operator from the gradient rules of its two sides, before they are summed to the operand's shape. */
function binaryOperator(type: string, left?: PartialRule, right?: PartialRule): Operator {
  return defineOperator({
    type,
    infer: ([a, b]) => {
      const shape = broadcast(a!.shape, b!.shape);
      if (!shape) fail(type, 'shapes cannot be broadcast', [a, b]);
      if (a!.dtype !== b!.dtype) fail(type, 'element types differ', [a, b]);
      return [{ dtype: a!.dtype, shape }];
    },
    ...(left && right
      ? {
          gradient: (context: GradientContext) => {
            const [a, b] = context.inputs as [Value, Value];
            const side = (i: number, rule: PartialRule, operand: Value) =>
              context.needs(i) ? sumTo(rule({ ...context, a, b }), operand.shape) : undefined;
            return [side(0, left, a), side(1, right, b)];
          },
        }
      : {}),
  });
}

const addOperator = binaryOperator(
  'Add',
  ({ gradient }) => gradient,
  ({ gradient }) => gradient,
);
const subOperator = binaryOperator(
  'Sub',
  ({ gradient }) => gradient,
  ({ gradient }) => neg(gradient),
);
const mulOperator = binaryOperator(
  'Mul',
  ({ gradient, b }) => mul(gradient, b),
  ({ gradient, a }) => mul(gradient, a),
);
const divOperator = binaryOperator(
  'Div',
  ({ gradient, b }) => div(gradient, b),
  ({ gradient, b, outputs }) => neg(div(mul(gradient, outputs[0]!), b)),
);

/** A number beside a value stands for a float32 constant of rank 0. */
export type Operand = Value | number;

/** Both as values. An operand that was expanded to the other's shape is taken as it was: broadcasting does the same. */
function operands(a: Operand, b: Operand): [Value, Value] {
  if (typeof a === 'number' || typeof b === 'number') return lift(a, b);
  const left = unexpanded(a, b);
  return [left, unexpanded(b, left)];
}

function lift(a: Operand, b: Operand): [Value, Value] {
  const known = [a, b].find((operand) => typeof operand !== 'number');
  if (!known) throw new GraphError(`${a} and ${b} are both numbers.`, 'Give at least one value.');
  const value = (operand: Operand) => (typeof operand === 'number' ? scalar(known.graph, operand) : operand);
  return [value(a), value(b)];
}

/** a + b. As for all operators here, shapes broadcast; throws GraphError if they or the element types do not fit. */
export function add(a: Operand, b: Operand): Value {
  return emitOne(addOperator, operands(a, b));
}

/** a - b. */
export function sub(a: Operand, b: Operand): Value {
  return emitOne(subOperator, operands(a, b));
}

/** a * b; a factor that is the number 1 adds no node. */
export function mul(a: Operand, b: Operand): Value {
  if (a === 1 && typeof b !== 'number') return b;
  if (b === 1 && typeof a !== 'number') return a;
  return emitOne(mulOperator, operands(a, b));
}

/** a / b. */
export function div(a: Operand, b: Operand): Value {
  return emitOne(divOperator, operands(a, b));
}

const negOperator = defineOperator({
  type: 'Neg',
  infer: asInput('Neg'),
  gradient: ({ gradient }) => [neg(gradient)],
});

/** -x. */
export function neg(x: Value): Value {
  return emitOne(negOperator, [x]);
}

const logOperator = defineOperator({
  type: 'Log',
  infer: asInput('Log'),
  gradient: ({ inputs, gradient }) => [div(gradient, inputs[0]!)],
});

/** Natural logarithm. */
export function log(x: Value): Value {
  return emitOne(logOperator, [x]);
}

const powOperator: Operator = binaryOperator(
  'Pow',
  ({ gradient, a, b }) => mul(gradient, mul(b, pow(a, sub(b, 1)))),
  ({ gradient, a, outputs }) => mul(gradient, mul(outputs[0]!, log(a))),
);

/** a to the power b; the gradient for b needs a > 0. */
export function pow(a: Operand, b: Operand): Value {
  return emitOne(powOperator, operands(a, b));
}
