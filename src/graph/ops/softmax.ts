/**
 * Softmax.
 */
import type { Value } from '../graph.ts';
import { defineOperator, emitOne } from '../operator.ts';
import { normalAxis } from '../shape.ts';
import { mul, sub } from './arithmetic.ts';
import { reduceSum } from './reduce.ts';

const softmaxOperator = defineOperator({
  type: 'Softmax',
  attributes: { axis: 'int' },
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: ({ outputs, attributes, gradient }) => [
    softmaxGradient(outputs[0]!, gradient, attributes['axis'] as number),
  ],
});

/** exp(x) / sum(exp(x)) along `axis`; the maximum is subtracted first. */
export function softmax(x: Value, axis = -1): Value {
  return emitOne(softmaxOperator, [x], { axis: normalAxis(axis, x.shape.length, 'Softmax') });
}

/** Gradient for the logits from the probabilities and their gradient: p * (g - sum(g * p)). */
export function softmaxGradient(probabilities: Value, gradient: Value, axis: number): Value {
  const weighted = mul(gradient, probabilities);
  return sub(weighted, mul(probabilities, reduceSum(weighted, [axis], true)));
}
