/**
 * One layer of CLIP's transformers (CLIPEncoderLayer of transformers): pre-norm self-attention, then a perceptron.
 */
import type { Value } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { layerNorm, linear } from './layers.ts';
import { type Scope, within } from './scope.ts';
import { activations, selfAttention, type TextEncoderConfig } from './textEncoder.ts';

export type ClipLayerConfig = Pick<
  TextEncoderConfig,
  'hiddenSize' | 'intermediateSize' | 'numAttentionHeads' | 'hiddenAct' | 'layerNormEps'
>;

/**
 * x [batch, length, hiddenSize] to the same shape. `bias` [1 or batch, 1, length, length] is added to the attention
 * scores: the text encoder's causal mask. The vision transformer has none.
 */
export function clipLayer(scope: Scope, config: ClipLayerConfig, x: Value, bias?: Value): Value {
  const { hiddenSize, intermediateSize, layerNormEps, numAttentionHeads, hiddenAct } = config;
  const attend = within(scope, 'self_attn');
  const normal = layerNorm(within(scope, 'layer_norm1'), x, layerNormEps);
  const read = selfAttention(attend, normal, numAttentionHeads, ['q_proj', 'k_proj', 'v_proj'], bias);
  const attended = add(x, linear(within(attend, 'out_proj'), read, hiddenSize));
  const again = layerNorm(within(scope, 'layer_norm2'), attended, layerNormEps);
  const inner = activations[hiddenAct](linear(within(scope, 'mlp.fc1'), again, intermediateSize));
  return add(attended, linear(within(scope, 'mlp.fc2'), inner, hiddenSize));
}
