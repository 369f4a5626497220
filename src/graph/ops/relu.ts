/**
 * The rectified linear unit.
 */
import { scalar, type Value } from '../graph.ts';
import { asInput, defineOperator, emitOne } from '../operator.ts';
import { lessOrEqual, where } from './logic.ts';

const reluOperator = defineOperator({
  type: 'Relu',
  infer: asInput('Relu'),
  gradient: ({ inputs, gradient }) => {
    const zero = scalar(gradient.graph, 0);
    return [where(lessOrEqual(inputs[0]!, zero), zero, gradient)];
  },
});

/** max(x, 0); its gradient at 0 is 0, as in PyTorch. */
export function relu(x: Value): Value {
  return emitOne(reluOperator, [x]);
}
