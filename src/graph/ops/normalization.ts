/**
 * Layer norm and group norm.
 */
import { constant, type Value } from '../graph.ts';
import { defineOperator, emit, emitOne, fail } from '../operator.ts';
import { type Dim, sameShape, staticShape } from '../shape.ts';
import { add, mul, pow, sub } from './arithmetic.ts';
import { reshape } from './layout.ts';
import { sumTo } from './reduce.ts';
import { reduceMean, variance } from './statistics.ts';

/** dx of a normalisation from xhat = (x - mean) / std, the gradient for xhat, and 1/std; means over `axes`. */
function normalisedGradient(xhat: Value, gradient: Value, inverseStd: Value, axes: readonly number[]): Value {
  const along = mul(xhat, reduceMean(mul(gradient, xhat), axes, true));
  return mul(inverseStd, sub(sub(gradient, reduceMean(gradient, axes, true)), along));
}

const layerNormOperator = defineOperator<{ axis: number; epsilon: number }>({
  type: 'LayerNormalization',
  attributes: { axis: 'int', epsilon: 'float' },
  infer: ([x, weight, bias]) => {
    const last = x!.shape[x!.shape.length - 1];
    const fits = (value: Value) => value.shape.length === 1 && value.shape[0] === last;
    if (!fits(weight!) || !fits(bias!))
      fail('LayerNormalization', 'weight and bias need the last axis of x', [x, weight, bias]);
    const statistic = { dtype: x!.dtype, shape: [...x!.shape.slice(0, -1), 1] };
    return [{ dtype: x!.dtype, shape: x!.shape }, statistic, statistic];
  },
  gradient: ({ inputs, outputs, gradients, gradient, needs }) => {
    const [x, weight, bias] = inputs as [Value, Value, Value];
    if (gradients[1] || gradients[2]) fail('LayerNormalization', 'has no second derivative', inputs);
    const [, mean, inverseStd] = outputs as [Value, Value, Value];
    const xhat = mul(sub(x, mean), inverseStd);
    const dx = () => normalisedGradient(xhat, mul(gradient, weight), inverseStd, [x.shape.length - 1]);
    return [
      needs(0) ? dx() : undefined,
      needs(1) ? sumTo(mul(gradient, xhat), weight.shape) : undefined,
      needs(2) ? sumTo(gradient, bias.shape) : undefined,
    ];
  },
});

/** Layer norm over the last axis (Ba et al., arXiv 1607.06450), then weight and bias, both [last]. */
export function layerNorm(x: Value, weight: Value, bias: Value, epsilon: number): Value {
  return emit(layerNormOperator, [x, weight, bias], { axis: -1, epsilon })[0]!;
}

const instanceNormOperator = defineOperator<{ epsilon: number }>({
  type: 'InstanceNormalization',
  attributes: { epsilon: 'float' },
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: ({ inputs, outputs, attributes, gradient }) => {
    const x = inputs[0]!;
    const inverseStd = pow(add(variance(x, [2]), attributes.epsilon), -0.5);
    return [normalisedGradient(outputs[0]!, gradient, inverseStd, [2])];
  },
});

/**
 * Group norm (Wu & He, arXiv 1803.08494) of x [batch, channels, ...spatial], then weight and bias, both [channels].
 * Runs as instance norm of [batch, groups, rest], which every provider has.
 */
export function groupNorm(x: Value, groups: number, weight: Value, bias: Value, epsilon: number): Value {
  const channels = x.shape[1];
  if (typeof channels !== 'number' || channels % groups !== 0) {
    fail('GroupNorm', `${String(channels)} channels do not split into ${groups} groups`, [x, weight, bias]);
  }
  if (!sameShape(weight.shape, [channels]) || !sameShape(bias.shape, [channels]))
    fail('GroupNorm', 'weight or bias does not fit', [x, weight, bias]);
  const spatial = staticShape(x.shape.slice(1), 'GroupNorm').reduce((a, b) => a * b, 1);
  const ones = constant(x.graph, new Float32Array(groups).fill(1), [groups]);
  const noughts = constant(x.graph, new Float32Array(groups), [groups]);
  const grouped = reshape(x, [x.shape[0]!, groups, spatial / groups]);
  const normal = reshape(emitOne(instanceNormOperator, [grouped, ones, noughts], { epsilon }), x.shape);
  const perChannel: Dim[] = [channels, ...x.shape.slice(2).map(() => 1)];
  return add(mul(normal, reshape(weight, perChannel)), reshape(bias, perChannel));
}
