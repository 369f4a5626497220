/**
 * Comparisons, boolean operators, and choice by condition.
 */
import { scalar, type Value } from '../graph.ts';
import { defineOperator, emitOne, fail, type Operator } from '../operator.ts';
import { broadcast } from '../shape.ts';
import { sumTo } from './reduce.ts';

/** `booleans`: operands must be bool. */
function predicate(type: string, booleans = false): Operator {
  return defineOperator({
    type,
    infer: ([a, b]) => {
      const shape = broadcast(a!.shape, b!.shape);
      if (!shape) fail(type, 'shapes cannot be broadcast', [a, b]);
      if (a!.dtype !== b!.dtype) fail(type, 'element types differ', [a, b]);
      if (booleans && a!.dtype !== 'bool') fail(type, 'needs bool operands', [a, b]);
      return [{ dtype: 'bool', shape }];
    },
  });
}

const equalOperator = predicate('Equal');
const lessOrEqualOperator = predicate('LessOrEqual');
const greaterOrEqualOperator = predicate('GreaterOrEqual');
const andOperator = predicate('And', true);

/** Element-wise a = b, as bool, with broadcasting; so are the others. */
export const equal = (a: Value, b: Value): Value => emitOne(equalOperator, [a, b]);
export const lessOrEqual = (a: Value, b: Value): Value => emitOne(lessOrEqualOperator, [a, b]);
export const greaterOrEqual = (a: Value, b: Value): Value => emitOne(greaterOrEqualOperator, [a, b]);
export const and = (a: Value, b: Value): Value => emitOne(andOperator, [a, b]);

const notOperator = defineOperator({
  type: 'Not',
  infer: ([x]) => {
    if (x!.dtype !== 'bool') fail('Not', 'needs a bool operand', [x]);
    return [{ dtype: 'bool', shape: x!.shape }];
  },
});

/** True where x is false. */
export const not = (x: Value): Value => emitOne(notOperator, [x]);

const whereOperator = defineOperator({
  type: 'Where',
  infer: ([condition, a, b]) => {
    const inner = broadcast(a!.shape, b!.shape);
    const shape = inner && broadcast(condition!.shape, inner);
    if (!shape) fail('Where', 'shapes cannot be broadcast', [condition, a, b]);
    if (condition!.dtype !== 'bool') fail('Where', 'the condition must be bool', [condition, a, b]);
    if (a!.dtype !== b!.dtype) fail('Where', 'element types differ', [condition, a, b]);
    return [{ dtype: a!.dtype, shape }];
  },
  gradient: ({ inputs, gradient, needs }) => {
    const [condition, a, b] = inputs as [Value, Value, Value];
    const nought = scalar(condition.graph, 0);
    return [
      undefined,
      needs(1) ? sumTo(where(condition, gradient, nought), a.shape) : undefined,
      needs(2) ? sumTo(where(condition, nought, gradient), b.shape) : undefined,
    ];
  },
});

/** a where the condition holds, else b. */
export function where(condition: Value, a: Value, b: Value): Value {
  return emitOne(whereOperator, [condition, a, b]);
}
