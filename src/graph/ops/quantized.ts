/**
 * Operators on int8 weights, with one scale for each output: the weight they stand for is elements times scale.
 *
 * For inference only: they have no gradient.
 */
import type { Value } from '../graph.ts';
import { defineOperator, emitOne, fail } from '../operator.ts';
import { normalAxis, sameShape } from '../shape.ts';

const dequantizeLinearOperator = defineOperator<{ axis: number }>({
  type: 'DequantizeLinear',
  attributes: { axis: 'int' },
  infer: ([x, scale], { axis }) => {
    if (x!.dtype !== 'int8' || scale!.dtype !== 'float32') {
      fail('DequantizeLinear', 'needs int8 elements and a float32 scale', [x, scale]);
    }
    if (!sameShape(scale!.shape, [x!.shape[axis]!])) {
      fail('DequantizeLinear', `the scale does not fit axis ${axis}`, [x, scale]);
    }
    return [{ dtype: 'float32', shape: x!.shape }];
  },
});

/** x (int8) as float32, the slices along `axis` times the elements of `scale` [x.shape[axis]]. */
export function dequantizeLinear(x: Value, scale: Value, axis = 0): Value {
  return emitOne(dequantizeLinearOperator, [x, scale], {
    axis: normalAxis(axis, x.shape.length, 'DequantizeLinear'),
  });
}

const dynamicQuantizeMatMulOperator = defineOperator({
  type: 'DynamicQuantizeMatMul',
  domain: 'com.microsoft',
  infer: ([x, weight, scale, , bias]) => {
    const operands = [x, weight, scale, bias];
    const type = 'DynamicQuantizeMatMul';
    if (x!.dtype !== 'float32' || weight!.dtype !== 'int8') {
      fail(type, 'needs float32 rows and an int8 weight', operands);
    }
    if (x!.shape.length < 1 || weight!.shape.length !== 2 || x!.shape.at(-1) !== weight!.shape[0]) {
      fail(type, 'rows do not fit the weight', operands);
    }
    const [, out] = weight!.shape;
    if ([scale!, ...(bias ? [bias] : [])].some((each) => !sameShape(each.shape, [out!]))) {
      fail(type, 'scale and bias must have an element for each output', operands);
    }
    return [{ dtype: 'float32', shape: [...x!.shape.slice(0, -1), out!] }];
  },
});

/**
 * x [..., in] times `weight` [in, out] (int8) times `scale` [out], plus `bias` [out]. The engine rounds x to uint8 as it
 * runs, with one scale and zero point for all of x, and multiplies in integers.
 */
export function dynamicQuantizeMatMul(x: Value, weight: Value, scale: Value, bias?: Value): Value {
  return emitOne(dynamicQuantizeMatMulOperator, [x, weight, scale, undefined, bias]);
}
