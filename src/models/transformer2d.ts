/**
 * The transformer that lets pixels read each other and the text (Transformer2DModel of diffusers).
 */
import type { Value } from '../graph/graph.ts';
import { geglu } from '../graph/ops/activation.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { attention } from '../graph/ops/attention.ts';
import { reshape, transpose } from '../graph/ops/layout.ts';
import { convolution, groupNorm, layerNorm, linear } from './layers.ts';
import { record, type Scope, within } from './scope.ts';

export interface Transformer2DOptions {
  readonly heads: number;
  readonly layers: number;
  readonly groups: number;
  /** proj_in and proj_out are linear layers on tokens (SD 2.x) instead of 1x1 convolutions. */
  readonly useLinearProjection: boolean;
}

/** Whatever the U-Net's config says, its transformers have these. */
const groupNormEps = 1e-6;
const layerNormEps = 1e-5;

/** x [batch, channels, h, w] and text [batch, length, crossAttentionDim] to the shape of x. */
export function transformer2d(scope: Scope, x: Value, text: Value, options: Transformer2DOptions): Value {
  const { heads, layers, groups, useLinearProjection } = options;
  const channels = x.shape[1] as number;
  const normal = groupNorm(within(scope, 'norm'), x, groups, groupNormEps);
  const projectIn = within(scope, 'proj_in');
  let tokens = useLinearProjection
    ? linear(projectIn, toTokens(normal), channels)
    : toTokens(convolution(projectIn, normal, channels, 1));
  for (let i = 0; i < layers; i++) {
    tokens = transformerBlock(within(scope, 'transformer_blocks', i), tokens, text, heads);
  }
  const projectOut = within(scope, 'proj_out');
  const projected = useLinearProjection
    ? toPicture(linear(projectOut, tokens, channels), x)
    : convolution(projectOut, toPicture(tokens, x), channels, 1);
  return record(scope, add(projected, x));
}

/** BasicTransformerBlock: self-attention, cross-attention and a gated perceptron, each behind a layer norm. */
function transformerBlock(scope: Scope, x: Value, text: Value, heads: number): Value {
  const size = x.shape[2] as number;
  const norm = (name: string, value: Value) => layerNorm(within(scope, name), value, layerNormEps);
  const attend = (name: string, value: Value, from: Value) =>
    record(within(scope, name), tokenAttention(within(scope, name), value, from, heads));
  const own = norm('norm1', x);
  const read = add(x, attend('attn1', own, own));
  const informed = add(read, attend('attn2', norm('norm2', read), text));
  return add(informed, feedForward(within(scope, 'ff'), norm('norm3', informed), size));
}

/** x [batch, tokens, size] reads `from` [batch, length, any]. `bias` is for query, key and value. */
export function tokenAttention(scope: Scope, x: Value, from: Value, heads: number, bias = false): Value {
  const size = x.shape[2] as number;
  const query = linear(within(scope, 'to_q'), x, size, { bias });
  const key = linear(within(scope, 'to_k'), from, size, { bias });
  const value = linear(within(scope, 'to_v'), from, size, { bias });
  return linear(within(scope, 'to_out.0'), attention(query, key, value, { heads }), size);
}

function feedForward(scope: Scope, x: Value, size: number): Value {
  const hidden = geglu(linear(within(scope, 'net.0.proj'), x, 8 * size));
  return record(scope, linear(within(scope, 'net.2'), hidden, size));
}

/** [batch, channels, h, w] to [batch, h * w, channels]. */
export function toTokens(x: Value): Value {
  const [batch, channels] = x.shape;
  return transpose(reshape(x, [batch!, channels!, -1]), [0, 2, 1]);
}

/** [batch, h * w, channels] to the shape of `like`. */
export function toPicture(tokens: Value, like: Value): Value {
  return reshape(transpose(tokens, [0, 2, 1]), like.shape);
}
