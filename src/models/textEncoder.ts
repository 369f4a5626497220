/**
 * What the text encoders share: activations by name, self-attention, and the shape of what they return.
 */
import type { Value } from '../graph/graph.ts';
import { gelu, quickGelu } from '../graph/ops/activation.ts';
import { attention } from '../graph/ops/attention.ts';
import { linear } from './layers.ts';
import { type Scope, within } from './scope.ts';

/** `hidden_act` of Hugging Face configs to our operators. */
export const activations = {
  gelu: (x: Value): Value => gelu(x),
  gelu_new: (x: Value): Value => gelu(x, 'tanh'),
  quick_gelu: quickGelu,
} as const;

export const activationNames = Object.keys(activations) as [keyof typeof activations];

export interface TextEncoderOutput {
  /** [batch, length, hidden] */
  readonly lastHiddenState: Value;
  /** [batch, hidden]; built only when asked for, since it needs parameters that a checkpoint may lack. */
  readonly pooledOutput: () => Value;
  /** The embeddings, then the output of every layer, each [batch, length, hidden]. */
  readonly hiddenStates: readonly Value[];
}

/** Added to the attention scores of a key that must not be read: large enough that its probability is 0. */
export const maskedScore = -1e9;

/** The projections' names differ from model to model: [query, key, value]. */
export type ProjectionNames = readonly [query: string, key: string, value: string];

/** Self-attention of x [batch, length, hidden] without its output projection. */
export function selfAttention(
  scope: Scope,
  x: Value,
  heads: number,
  names: ProjectionNames,
  bias: Value | undefined,
): Value {
  const hiddenSize = x.shape[2] as number;
  const [query, key, value] = names.map((name) => linear(within(scope, name), x, hiddenSize)) as [
    Value,
    Value,
    Value,
  ];
  return attention(query, key, value, bias ? { heads, bias } : { heads });
}
