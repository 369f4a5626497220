/**
 * Softmax.
 */
import type { Value } from '../graph.ts';
import { asInput, defineOperator, emitOne } from '../operator.ts';
import { normalAxis } from '../shape.ts';
import { mul, sub } from './arithmetic.ts';
import { reduceSum } from './reduce.ts';

const softmaxOperator = defineOperator<{ axis: number }>({
  type: 'Softmax',
  attributes: { axis: 'int' },
  infer: asInput('Softmax'),
  gradient: ({ outputs, attributes, gradient }) => [softmaxGradient(outputs[0]!, gradient, attributes.axis)],
});

/** exp(x) / sum(exp(x)) along `axis`; the maximum is subtracted first. */
export function softmax(x: Value, axis = -1): Value {
  return emitOne(softmaxOperator, [x], { axis: normalAxis(axis, x.shape.length, 'Softmax') });
}

/** Gradient for the logits from the probabilities and their gradient: p * (g - sum(g * p)). */
function softmaxGradient(probabilities: Value, gradient: Value, axis: number): Value {
  const weighted = mul(gradient, probabilities);
  return sub(weighted, mul(probabilities, reduceSum(weighted, [axis], true)));
}
