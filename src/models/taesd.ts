/**
 * TAESD, the tiny autoencoder of Stable Diffusion (github.com/madebyollin/taesd; AutoencoderTiny of diffusers): a
 * distilled stand-in for the VAE, good enough for previews.
 *
 * Its latents are those that the denoiser works on: unlike the VAE's, they are not to be divided by a scaling factor.
 * Parameters carry the names of AutoencoderTiny.
 */
import { z } from 'zod';
import type { Graph, Value } from '../graph/graph.ts';
import { add, mul, sub } from '../graph/ops/arithmetic.ts';
import { conv2d } from '../graph/ops/convolution.ts';
import { tanh } from '../graph/ops/elementwise.ts';
import { relu } from '../graph/ops/relu.ts';
import { upsamplingConv2d } from '../graph/ops/subpixel.ts';
import { only, parseConfig } from './config.ts';
import { convolution } from './layers.ts';
import { record, rootScope, type Scope, type Tap, weight, within } from './scope.ts';

export interface TaesdConfig {
  readonly latentChannels: number;
  /** Channels inside, the same on all levels. */
  readonly encoderChannels: number;
  readonly decoderChannels: number;
  /** Residual blocks of each level: full resolution first in the encoder, last in the decoder. */
  readonly encoderBlocks: readonly number[];
  readonly decoderBlocks: readonly number[];
}

const size = z.int().positive();
const sizes = z.array(size).nonempty();

const schema = z.looseObject({
  _class_name: only('AutoencoderTiny'),
  act_fn: only('relu'),
  upsample_fn: only('nearest'),
  upsampling_scaling_factor: only(2),
  scaling_factor: only(1),
  shift_factor: only(0, null),
  in_channels: only(3),
  out_channels: only(3),
  latent_channels: size.default(4),
  encoder_block_out_channels: sizes.default([64, 64, 64, 64]),
  decoder_block_out_channels: sizes.default([64, 64, 64, 64]),
  num_encoder_blocks: sizes.default([1, 3, 3, 3]),
  num_decoder_blocks: sizes.default([3, 3, 3, 1]),
});

/**
 * Reads an AutoencoderTiny's config.json; keys that are missing have the defaults of diffusers, which are TAESD's.
 * Throws ConfigError naming the file, the key and its value for anything that we do not know or do not build.
 */
export function parseTaesdConfig(json: unknown, source = 'config.json'): TaesdConfig {
  const config = parseConfig(schema.superRefine(checkLevels), json, source);
  return {
    latentChannels: config.latent_channels,
    encoderChannels: config.encoder_block_out_channels[0]!,
    decoderChannels: config.decoder_block_out_channels[0]!,
    encoderBlocks: config.num_encoder_blocks,
    decoderBlocks: config.num_decoder_blocks,
  };
}

function checkLevels(config: z.infer<typeof schema>, context: z.RefinementCtx): void {
  for (const part of ['encoder', 'decoder'] as const) {
    const channels = config[`${part}_block_out_channels`];
    const blocks = config[`num_${part}_blocks`];
    const wrong = (key: string, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (channels.length !== blocks.length) {
      wrong(
        `num_${part}_blocks`,
        `must have one entry for each of the ${channels.length} ${part}_block_out_channels`,
      );
    }
    if (new Set(channels).size > 1) wrong(`${part}_block_out_channels`, 'must be the same on all levels');
  }
}

/** How many times smaller than the decoded picture the latents are, along each side: 8 for TAESD. */
export function taesdScaleFactor({ decoderBlocks }: TaesdConfig): number {
  return 2 ** (decoderBlocks.length - 1);
}

/** Beyond three standard deviations the decoder sees the latents ever less. */
const magnitude = 3;

/**
 * Adds the decoder to the graph: `latents` [batch, latentChannels, h, w], as the denoiser has them, to a picture
 * [batch, 3, h * factor, w * factor], about [-1, 1] and not clamped. h and w are numbers.
 */
export function decodeTiny(graph: Graph, config: TaesdConfig, latents: Value, tap?: Tap): Value {
  const layers = sequence(within(rootScope(graph, { tap }), 'decoder.layers'));
  const { decoderChannels: channels, decoderBlocks: blocks } = config;
  const clamped = mul(tanh(mul(latents, 1 / magnitude)), magnitude);
  let x = relu(convolved(layers.next(), clamped, channels));
  layers.skip();
  blocks.forEach((count, level) => {
    for (let i = 0; i < count; i++) x = residual(layers.next(), x);
    if (level === blocks.length - 1) return;
    layers.skip();
    x = enlarged(layers.next(), x);
  });
  // The network's pictures are in [0, 1].
  return sub(mul(convolved(layers.next(), x, 3), 2), 1);
}

/**
 * Adds the encoder to the graph: `picture` [batch, 3, height, width] in [-1, 1] to latents
 * [batch, latentChannels, height / factor, width / factor] as the denoiser works on, rounded up.
 */
export function encodeTiny(graph: Graph, config: TaesdConfig, picture: Value, tap?: Tap): Value {
  const layers = sequence(within(rootScope(graph, { tap }), 'encoder.layers'));
  const { encoderChannels: channels, encoderBlocks: blocks } = config;
  let x = mul(add(picture, 1), 0.5);
  blocks.forEach((count, level) => {
    x = level === 0 ? convolved(layers.next(), x, channels) : halved(layers.next(), x);
    for (let i = 0; i < count; i++) x = residual(layers.next(), x);
  });
  return convolved(layers.next(), x, config.latentChannels);
}

/** torch.nn.Sequential: modules are named by their place, and those without parameters have one too. */
function sequence(scope: Scope): { next(): Scope; skip(): void } {
  let index = 0;
  return { next: () => within(scope, index++), skip: () => void index++ };
}

/** Three convolutions and the input again (AutoencoderTinyBlock). */
function residual(scope: Scope, x: Value): Value {
  const channels = x.shape[1] as number;
  const inner = (index: number, value: Value) => convolved(within(scope, 'conv', index), value, channels);
  return record(scope, relu(add(inner(4, relu(inner(2, relu(inner(0, x))))), x)));
}

function convolved(scope: Scope, x: Value, out: number): Value {
  return record(scope, convolution(scope, x, out, 3, { padding: 1 }));
}

/** What stands between two levels has no bias. */
function betweenLevels(scope: Scope, x: Value): Value {
  const channels = x.shape[1] as number;
  return weight(scope, 'weight', [channels, channels, 3, 3]);
}

function enlarged(scope: Scope, x: Value): Value {
  return record(scope, upsamplingConv2d(x, betweenLevels(scope, x)));
}

function halved(scope: Scope, x: Value): Value {
  return record(scope, conv2d(x, betweenLevels(scope, x), undefined, { stride: 2, padding: 1 }));
}
