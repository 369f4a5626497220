/**
 * The config.json of an AutoencoderKL.
 */
import { z } from 'zod';
import { only, parseConfig } from './config.ts';

export interface VaeConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly latentChannels: number;
  /** Of each level, the one of full resolution first. */
  readonly blockOutChannels: readonly number[];
  readonly layersPerBlock: number;
  readonly normNumGroups: number;
  /** The denoiser works on latents times this factor. */
  readonly scalingFactor: number;
}

const size = z.int().positive();

const schema = z.looseObject({
  _class_name: only('AutoencoderKL'),
  act_fn: only('silu', 'swish'),
  latents_mean: only(null),
  latents_std: only(null),
  mid_block_add_attention: only(true),
  shift_factor: only(null, 0),
  use_post_quant_conv: only(true),
  use_quant_conv: only(true),
  in_channels: size.default(3),
  out_channels: size.default(3),
  latent_channels: size.default(4),
  block_out_channels: z.array(size).nonempty().default([64]),
  down_block_types: z.array(z.literal('DownEncoderBlock2D')).default(['DownEncoderBlock2D']),
  up_block_types: z.array(z.literal('UpDecoderBlock2D')).default(['UpDecoderBlock2D']),
  layers_per_block: size.default(1),
  norm_num_groups: size.default(32),
  scaling_factor: z.number().positive().default(0.18215),
});

/**
 * Reads an AutoencoderKL's config.json; keys that are missing have the defaults of diffusers.
 * Throws ConfigError naming the file, the key and its value for anything that we do not know or do not build.
 */
export function parseVaeConfig(json: unknown, source = 'config.json'): VaeConfig {
  const config = parseConfig(schema.superRefine(checkBlocks), json, source);
  return {
    inChannels: config.in_channels,
    outChannels: config.out_channels,
    latentChannels: config.latent_channels,
    blockOutChannels: config.block_out_channels,
    layersPerBlock: config.layers_per_block,
    normNumGroups: config.norm_num_groups,
    scalingFactor: config.scaling_factor,
  };
}

function checkBlocks(config: z.infer<typeof schema>, context: z.RefinementCtx): void {
  const { block_out_channels: channels, norm_num_groups: groups } = config;
  for (const key of ['down_block_types', 'up_block_types'] as const) {
    if (config[key].length !== channels.length) {
      const message = `must have one entry for each of the ${channels.length} block_out_channels`;
      context.addIssue({ code: 'custom', path: [key], message });
    }
  }
  if (channels.some((n) => n % groups !== 0)) {
    const message = 'must divide all block_out_channels';
    context.addIssue({ code: 'custom', path: ['norm_num_groups'], message });
  }
}

/** How many times smaller than the picture the latents are, along each side: 8 for Stable Diffusion v1. */
export function vaeScaleFactor(config: VaeConfig): number {
  return 2 ** (config.blockOutChannels.length - 1);
}
