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

/** What an attention reads: both [batch, length, size]. */
export interface KeyAndValue {
  readonly key: Value;
  readonly value: Value;
}

/** Gives the cross attention of a scope, whose tokens have `size` numbers, what it reads of the text. */
export type TextReader = (scope: Scope, size: number) => KeyAndValue;

/** `from` [batch, length, any] as an attention with tokens of `size` numbers reads it. */
export function keyAndValue(scope: Scope, from: Value, size: number, bias = false): KeyAndValue {
  return {
    key: linear(within(scope, 'to_k'), from, size, { bias }),
    value: linear(within(scope, 'to_v'), from, size, { bias }),
  };
}

/** Whatever the U-Net's config says, its transformers have these. */
const groupNormEps = 1e-6;
const layerNormEps = 1e-5;

/** x [batch, channels, h, w] reads the text; the result has the shape of x. */
export function transformer2d(
  scope: Scope,
  x: Value,
  text: TextReader,
  options: Transformer2DOptions,
): Value {
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
function transformerBlock(scope: Scope, x: Value, text: TextReader, heads: number): Value {
  const size = x.shape[2] as number;
  const norm = (name: string, value: Value) => layerNorm(within(scope, name), value, layerNormEps);
  const own = norm('norm1', x);
  const ownScope = within(scope, 'attn1');
  const read = add(x, record(ownScope, tokenAttention(ownScope, own, heads)));
  const textScope = within(scope, 'attn2');
  const told = attend(textScope, norm('norm2', read), text(textScope, size), heads);
  const informed = add(read, record(textScope, told));
  return add(informed, feedForward(within(scope, 'ff'), norm('norm3', informed), size));
}

/** x [batch, tokens, size] reads itself. `bias` is for query, key and value. */
export function tokenAttention(scope: Scope, x: Value, heads: number, bias = false): Value {
  return attend(scope, x, keyAndValue(scope, x, x.shape[2] as number, bias), heads, bias);
}

function attend(scope: Scope, x: Value, { key, value }: KeyAndValue, heads: number, bias = false): Value {
  const size = x.shape[2] as number;
  const queries = within(scope, 'to_q');
  const query = record(queries, linear(queries, x, size, { bias }));
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
