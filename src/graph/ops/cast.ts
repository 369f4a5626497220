/**
 * Change of element type.
 */
import { type DType, isFloat, onnxTypeOf } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { defineOperator, emitOne } from '../operator.ts';

const castOperator = defineOperator<{ to: number; target: DType }>({
  type: 'Cast',
  attributes: { to: 'int' },
  infer: ([x], { target }) => [{ dtype: target, shape: x!.shape }],
  gradient: ({ inputs, gradient }) => [
    isFloat(inputs[0]!.dtype) ? cast(gradient, inputs[0]!.dtype) : undefined,
  ],
});

/** x with elements of another type. Only floating-point types pass a gradient. */
export function cast(x: Value, target: DType): Value {
  return x.dtype === target ? x : emitOne(castOperator, [x], { to: onnxTypeOf[target], target });
}
