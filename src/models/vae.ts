/**
 * The autoencoder between pictures and latents (AutoencoderKL of diffusers, after Kingma & Welling, arXiv 1312.6114).
 *
 * Knows no scaling of latents: what the denoiser works on is `scalingFactor` times what stands here.
 */
import type { Graph, Value } from '../graph/graph.ts';
import { silu } from '../graph/ops/activation.ts';
import { add, mul } from '../graph/ops/arithmetic.ts';
import { clip, exp } from '../graph/ops/elementwise.ts';
import { split } from '../graph/ops/split.ts';
import { convolution, groupNorm } from './layers.ts';
import { downsample, type NormOptions, resnet, upsample } from './resnet.ts';
import { record, rootScope, type Scope, type Tap, within } from './scope.ts';
import { tokenAttention, toPicture, toTokens } from './transformer2d.ts';
import type { VaeConfig } from './vaeConfig.ts';

/** A normal distribution over latents, independent in each element; all [batch, latentChannels, h, w]. */
export interface LatentDistribution {
  readonly mean: Value;
  /** Logarithm of the variance, kept within [-30, 20]. */
  readonly logvar: Value;
  readonly std: Value;
}

/** The distribution that `moments` [batch, 2 * channels, h, w] describes: mean, then logarithm of the variance. */
export function latentDistribution(moments: Value): LatentDistribution {
  const channels = (moments.shape[1] as number) / 2;
  const [mean, raw] = split(moments, 1, [channels, channels]) as [Value, Value];
  const logvar = clip(raw, -30, 20);
  return { mean, logvar, std: exp(mul(logvar, 0.5)) };
}

/** The latents that `noise`, standard normal, picks from the distribution. */
export function sampleLatents({ mean, std }: LatentDistribution, noise: Value): Value {
  return add(mean, mul(std, noise));
}

/**
 * Adds the encoder to the graph: `image` [batch, inChannels, height, width] in [-1, 1] to moments
 * [batch, 2 * latentChannels, height / factor, width / factor] with factor `vaeScaleFactor(config)`, rounded down.
 */
export function encodeMoments(graph: Graph, config: VaeConfig, image: Value, tap?: Tap): Value {
  const root = rootScope(graph, { tap });
  const scope = within(root, 'encoder');
  const norm = normOf(config);
  const levels = config.blockOutChannels;
  let x = recordedConvolution(within(scope, 'conv_in'), image, levels[0]!);
  levels.forEach((channels, level) => {
    const block = within(scope, 'down_blocks', level);
    for (let i = 0; i < config.layersPerBlock; i++) {
      x = resnet(within(block, 'resnets', i), x, channels, norm);
    }
    // Right and bottom only, as the model was trained.
    if (level < levels.length - 1) x = downsample(within(block, 'downsamplers', 0), x, [0, 0, 1, 1]);
    record(block, x);
  });
  x = midBlock(within(scope, 'mid_block'), x, norm);
  const moments = head(scope, x, 2 * config.latentChannels, norm);
  return recordedConvolution(within(root, 'quant_conv'), moments, 2 * config.latentChannels, 1);
}

/**
 * Adds the decoder to the graph: `latents` [batch, latentChannels, h, w], not scaled, to a picture
 * [batch, outChannels, h * factor, w * factor], about [-1, 1] and not clamped.
 */
export function decodeLatents(graph: Graph, config: VaeConfig, latents: Value, tap?: Tap): Value {
  const root = rootScope(graph, { tap });
  const scope = within(root, 'decoder');
  const norm = normOf(config);
  const levels = [...config.blockOutChannels].reverse();
  const start = recordedConvolution(within(root, 'post_quant_conv'), latents, config.latentChannels, 1);
  let x = recordedConvolution(within(scope, 'conv_in'), start, levels[0]!);
  x = midBlock(within(scope, 'mid_block'), x, norm);
  levels.forEach((channels, level) => {
    const block = within(scope, 'up_blocks', level);
    for (let i = 0; i <= config.layersPerBlock; i++) {
      x = resnet(within(block, 'resnets', i), x, channels, norm);
    }
    const [height, width] = x.shape.slice(2) as [number, number];
    if (level < levels.length - 1) x = upsample(within(block, 'upsamplers', 0), x, [2 * height, 2 * width]);
    record(block, x);
  });
  return head(scope, x, config.outChannels, norm);
}

function normOf(config: VaeConfig): NormOptions {
  return { groups: config.normNumGroups, epsilon: 1e-6 };
}

function recordedConvolution(scope: Scope, x: Value, out: number, kernel = 3): Value {
  return record(scope, convolution(scope, x, out, kernel, { padding: (kernel - 1) / 2 }));
}

/** Two ResNets with single-head attention of all pixels between them. */
function midBlock(scope: Scope, x: Value, norm: NormOptions): Value {
  const channels = x.shape[1] as number;
  const before = resnet(within(scope, 'resnets', 0), x, channels, norm);
  const between = pixelAttention(within(scope, 'attentions', 0), before, norm);
  return record(scope, resnet(within(scope, 'resnets', 1), between, channels, norm));
}

function pixelAttention(scope: Scope, x: Value, { groups, epsilon }: NormOptions): Value {
  const tokens = toTokens(groupNorm(within(scope, 'group_norm'), x, groups, epsilon));
  const read = tokenAttention(scope, tokens, 1, true);
  return record(scope, add(x, toPicture(read, x)));
}

/** conv_norm_out, SiLU and conv_out. */
function head(scope: Scope, x: Value, out: number, { groups, epsilon }: NormOptions): Value {
  const end = within(scope, 'conv_norm_out');
  const normal = record(end, groupNorm(end, x, groups, epsilon));
  return recordedConvolution(within(scope, 'conv_out'), silu(normal), out);
}
