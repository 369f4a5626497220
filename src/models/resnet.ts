/**
 * The convolutional blocks that U-Net and VAE are made of (ResnetBlock2D, Downsample2D, Upsample2D of diffusers).
 */
import type { Value } from '../graph/graph.ts';
import { silu } from '../graph/ops/activation.ts';
import { add } from '../graph/ops/arithmetic.ts';
import type { ConvolutionOptions } from '../graph/ops/convolution.ts';
import { unsqueeze } from '../graph/ops/layout.ts';
import { resizeNearest } from '../graph/ops/resize.ts';
import { convolution, groupNorm, linear, upsamplingConvolution } from './layers.ts';
import { record, type Scope, within } from './scope.ts';

export interface NormOptions {
  readonly groups: number;
  readonly epsilon: number;
}

/**
 * Pre-activation residual block: x [batch, in, h, w] to [batch, channels, h, w].
 * `time` [1 or batch, size], already activated, is projected and added to every pixel between the convolutions.
 */
export function resnet(scope: Scope, x: Value, channels: number, norm: NormOptions, time?: Value): Value {
  const convolved = (name: string, value: Value) =>
    convolution(within(scope, name), value, channels, 3, { padding: 1 });
  const first = convolved('conv1', normalised(within(scope, 'norm1'), x, norm));
  const timed = time ? add(first, perChannel(linear(within(scope, 'time_emb_proj'), time, channels))) : first;
  const second = convolved('conv2', normalised(within(scope, 'norm2'), timed, norm));
  const straight = x.shape[1] === channels ? x : convolution(within(scope, 'conv_shortcut'), x, channels, 1);
  return record(scope, add(straight, second));
}

function normalised(scope: Scope, x: Value, { groups, epsilon }: NormOptions): Value {
  return silu(groupNorm(scope, x, groups, epsilon));
}

/** [batch, channels] to [batch, channels, 1, 1]. */
function perChannel(x: Value): Value {
  return unsqueeze(unsqueeze(x, 2), 3);
}

/** Halves x [batch, channels, h, w] with a strided convolution; U-Net and VAE pad differently. */
export function downsample(
  scope: Scope,
  x: Value,
  padding: NonNullable<ConvolutionOptions['padding']>,
): Value {
  return convolution(within(scope, 'conv'), x, x.shape[1] as number, 3, { stride: 2, padding });
}

/**
 * Enlarges x to `size` [height, width] by repeating pixels, then smooths. Sizes that were odd on the way down are not twice
 * those of x.
 */
export function upsample(scope: Scope, x: Value, size: readonly [height: number, width: number]): Value {
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const smooth = within(scope, 'conv');
  const twice = size[0] === 2 * height && size[1] === 2 * width;
  if (twice) return upsamplingConvolution(smooth, x, channels);
  return convolution(smooth, resizeNearest(x, size), channels, 3, { padding: 1 });
}
