/**
 * Comparisons, boolean operators, and choice by condition.
 */
import type { Value } from '../graph.ts';
import { defineOperator, emitOne, fail, type Operator } from '../operator.ts';
import { broadcast } from '../shape.ts';
import { mul, sub } from './arithmetic.ts';
import { cast } from './cast.ts';
import { sumTo } from './reduce.ts';

function predicate(type: string): Operator {
  return defineOperator({
    type,
    infer: ([a, b]) => {
      const shape = broadcast(a!.shape, b!.shape);
      if (!shape || a!.dtype !== b!.dtype) fail(type, 'operands cannot be compared', [a, b]);
      return [{ dtype: 'bool', shape }];
    },
  });
}

const equalOperator = predicate('Equal');
const lessOrEqualOperator = predicate('LessOrEqual');
const greaterOrEqualOperator = predicate('GreaterOrEqual');
const andOperator = predicate('And');

export const equal = (a: Value, b: Value): Value => emitOne(equalOperator, [a, b]);
export const lessOrEqual = (a: Value, b: Value): Value => emitOne(lessOrEqualOperator, [a, b]);
export const greaterOrEqual = (a: Value, b: Value): Value => emitOne(greaterOrEqualOperator, [a, b]);
export const and = (a: Value, b: Value): Value => emitOne(andOperator, [a, b]);

const notOperator = defineOperator({
  type: 'Not',
  infer: ([x]) => [{ dtype: 'bool', shape: x!.shape }],
});

export const not = (x: Value): Value => emitOne(notOperator, [x]);

const whereOperator = defineOperator({
  type: 'Where',
  infer: ([condition, a, b]) => {
    const inner = broadcast(a!.shape, b!.shape);
    const shape = inner && broadcast(condition!.shape, inner);
    if (!shape || a!.dtype !== b!.dtype) fail('Where', 'shapes cannot be broadcast', [condition, a, b]);
    return [{ dtype: a!.dtype, shape }];
  },
  gradient: ({ inputs, gradient, needs }) => {
    const [condition, a, b] = inputs as [Value, Value, Value];
    const chosen = cast(condition, 'float32');
    return [
      undefined,
      needs(1) ? sumTo(mul(gradient, chosen), a.shape) : undefined,
      needs(2) ? sumTo(mul(gradient, sub(1, chosen)), b.shape) : undefined,
    ];
  },
});

/** a where the condition holds, else b. */
export function where(condition: Value, a: Value, b: Value): Value {
  return emitOne(whereOperator, [condition, a, b]);
}
