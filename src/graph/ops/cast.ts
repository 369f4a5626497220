/**
 * Change of element type.
 */
import type { DType } from '../dtype.ts';
import { onnxTypeOf } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { defineOperator, emitOne } from '../operator.ts';

const castOperator = defineOperator({
  type: 'Cast',
  attributes: { to: 'int', target: 'rule' },
  infer: ([x], { target }) => [{ dtype: target as DType, shape: x!.shape }],
  gradient: ({ inputs, gradient }) => [
    isFloat(inputs[0]!.dtype) ? cast(gradient, inputs[0]!.dtype) : undefined,
  ],
});

/** x with elements of another type. Only floating-point types pass a gradient. */
export function cast(x: Value, target: DType): Value {
  return x.dtype === target ? x : emitOne(castOperator, [x], { to: onnxTypeOf[target], target });
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float16' || dtype === 'bfloat16';
}
