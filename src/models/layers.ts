/**
 * The layers that all models are made of, with the parameter names of torch.nn.
 */
import type { Value } from '../graph/graph.ts';
import { type ConvolutionOptions, conv2d } from '../graph/ops/convolution.ts';
import { linear as linearOperator } from '../graph/ops/matmul.ts';
import {
  groupNorm as groupNormOperator,
  layerNorm as layerNormOperator,
} from '../graph/ops/normalization.ts';
import { resizeNearest } from '../graph/ops/resize.ts';
import { upsamplingConv2d } from '../graph/ops/subpixel.ts';
import { adapted, type Scope, weight } from './scope.ts';

/** torch.nn.Linear: x [..., in] to [..., out]. */
export function linear(scope: Scope, x: Value, out: number, { bias = true } = {}): Value {
  const inputs = x.shape[x.shape.length - 1] as number;
  const shape = [out, inputs];
  const y = linearOperator(
    x,
    weight(scope, 'weight', shape),
    bias ? weight(scope, 'bias', [out]) : undefined,
  );
  return adapted(scope, { shape, x, y, options: {} });
}

/** torch.nn.LayerNorm over the last axis. */
export function layerNorm(scope: Scope, x: Value, epsilon: number): Value {
  const size = x.shape[x.shape.length - 1] as number;
  return layerNormOperator(x, weight(scope, 'weight', [size]), weight(scope, 'bias', [size]), epsilon);
}

/** torch.nn.GroupNorm of x [batch, channels, height, width]. */
export function groupNorm(scope: Scope, x: Value, groups: number, epsilon: number): Value {
  const channels = x.shape[1] as number;
  return groupNormOperator(
    x,
    groups,
    weight(scope, 'weight', [channels]),
    weight(scope, 'bias', [channels]),
    epsilon,
  );
}

/** torch.nn.Conv2d with a square window: x [batch, in, h, w] to [batch, out, h', w']. */
export function convolution(
  scope: Scope,
  x: Value,
  out: number,
  kernel: number,
  options: ConvolutionOptions = {},
): Value {
  const inputs = x.shape[1] as number;
  const shape = [out, inputs / (options.groups ?? 1), kernel, kernel];
  const y = conv2d(x, weight(scope, 'weight', shape), weight(scope, 'bias', [out]), options);
  return adapted(scope, { shape, x, y, options });
}

/** Every pixel repeated twice each way, then torch.nn.Conv2d with a 3x3 window: x [batch, in, h, w] to [batch, out, 2h, 2w]. */
export function upsamplingConvolution(scope: Scope, x: Value, out: number): Value {
  const [, inputs, height, width] = x.shape as [number, number, number, number];
  const shape = [out, inputs, 3, 3];
  const y = upsamplingConv2d(x, weight(scope, 'weight', shape), weight(scope, 'bias', [out]));
  const enlarged = resizeNearest(x, [2 * height, 2 * width]);
  return adapted(scope, { shape, x: enlarged, y, options: { padding: 1 } });
}
