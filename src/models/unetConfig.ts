/**
 * The config.json of a UNet2DConditionModel: which of its many keys we support, resolved to one record a block.
 */
import { z } from 'zod';
import { only, parseConfig } from './config.ts';

/** One level of the U-Net's way down or up. */
export interface UNetBlock {
  /** Whether every ResNet is followed by a transformer that reads the text. */
  readonly crossAttention: boolean;
  readonly channels: number;
  /** ResNets in this block. */
  readonly layers: number;
  /** Of each attention; a head has channels / heads. */
  readonly heads: number;
  /** Transformer blocks after each ResNet. */
  readonly transformerLayers: number;
}

export interface UNetConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Side of the latents that the model was trained on; absent if the config does not tell. */
  readonly sampleSize?: number;
  readonly crossAttentionDim: number;
  readonly downBlocks: readonly UNetBlock[];
  readonly midBlock: UNetBlock;
  /** In the order in which they run: the deepest first. */
  readonly upBlocks: readonly UNetBlock[];
  readonly normNumGroups: number;
  /** Of the ResNets' group norms and the last one; those of the transformers have their own. */
  readonly normEps: number;
  readonly useLinearProjection: boolean;
  readonly flipSinToCos: boolean;
  readonly freqShift: number;
}

/** Side of the latents where the config does not tell: that of Stable Diffusion v1. */
const usualLatentSide = 64;

/** Side of the latents that the model was trained on. */
export function latentSide({ sampleSize = usualLatentSide }: UNetConfig): number {
  return sampleSize;
}

const size = z.int().positive();
const sizes = z.array(size).nonempty();
const perBlock = z.union([size, sizes], { error: 'expected a whole number, or a list of one a block' });

/** Keys whose other values change the computation in ways that we do not build. The first value is the default. */
const fixed = {
  _class_name: only('UNet2DConditionModel'),
  act_fn: only('silu', 'swish'),
  addition_embed_type: only(null),
  attention_type: only('default'),
  center_input_sample: only(false),
  class_embed_type: only(null),
  class_embeddings_concat: only(false),
  conv_in_kernel: only(3),
  conv_out_kernel: only(3),
  cross_attention_norm: only(null),
  downsample_padding: only(1),
  dual_cross_attention: only(false),
  encoder_hid_dim: only(null),
  encoder_hid_dim_type: only(null),
  mid_block_only_cross_attention: only(null, false),
  mid_block_scale_factor: only(1),
  mid_block_type: only('UNetMidBlock2DCrossAttn'),
  num_attention_heads: only(null),
  num_class_embeds: only(null),
  only_cross_attention: only(false),
  resnet_out_scale_factor: only(1),
  resnet_skip_time_act: only(false),
  resnet_time_scale_shift: only('default'),
  reverse_transformer_layers_per_block: only(null),
  time_cond_proj_dim: only(null),
  time_embedding_act_fn: only(null),
  time_embedding_dim: only(null),
  time_embedding_type: only('positional'),
  timestep_post_act: only(null),
};

const schema = z.looseObject({
  ...fixed,
  in_channels: size.default(4),
  out_channels: size.default(4),
  sample_size: size.nullish(),
  block_out_channels: sizes.default([320, 640, 1280, 1280]),
  down_block_types: z
    .array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D']))
    .default(['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D']),
  up_block_types: z
    .array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D']))
    .default(['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D']),
  layers_per_block: perBlock.default(2),
  attention_head_dim: perBlock.default(8),
  transformer_layers_per_block: perBlock.default(1),
  cross_attention_dim: size.default(1280),
  norm_num_groups: size.default(32),
  norm_eps: z.number().positive().default(1e-5),
  use_linear_projection: z.boolean().default(false),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
});

type RawConfig = z.infer<typeof schema>;

/**
 * Reads a UNet2DConditionModel's config.json; keys that are missing have the defaults of diffusers.
 * Throws ConfigError naming the file, the key and its value for anything that we do not know or do not build.
 */
export function parseUNetConfig(json: unknown, source = 'config.json'): UNetConfig {
  const config = parseConfig(schema.superRefine(checkBlocks), json, source);
  const down = config.down_block_types.map((type, i) => blockOf(config, i, type.startsWith('CrossAttn')));
  const up = config.up_block_types.map((type, i): UNetBlock => {
    const block = blockOf(config, down.length - 1 - i, type.startsWith('CrossAttn'));
    return { ...block, layers: block.layers + 1 };
  });
  return {
    inChannels: config.in_channels,
    outChannels: config.out_channels,
    ...(config.sample_size ? { sampleSize: config.sample_size } : {}),
    crossAttentionDim: config.cross_attention_dim,
    downBlocks: down,
    midBlock: { ...blockOf(config, down.length - 1, true), layers: 2 },
    upBlocks: up,
    normNumGroups: config.norm_num_groups,
    normEps: config.norm_eps,
    useLinearProjection: config.use_linear_projection,
    flipSinToCos: config.flip_sin_to_cos,
    freqShift: config.freq_shift,
  };
}

/**
 * What the lists say of level `i`, counted from the top. `attention_head_dim` is the number of heads: a name that
 * diffusers keeps for the configs that have it.
 */
function blockOf(config: RawConfig, i: number, crossAttention: boolean): UNetBlock {
  const at = (value: number | readonly number[]) => (typeof value === 'number' ? value : value[i]!);
  return {
    crossAttention,
    channels: at(config.block_out_channels),
    layers: at(config.layers_per_block),
    heads: at(config.attention_head_dim),
    transformerLayers: at(config.transformer_layers_per_block),
  };
}

function checkBlocks(config: RawConfig, context: z.RefinementCtx): void {
  const { block_out_channels: channels, norm_num_groups: groups } = config;
  const wrong = (key: keyof RawConfig & string, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message });
  const lists = [
    'down_block_types',
    'up_block_types',
    'layers_per_block',
    'attention_head_dim',
    'transformer_layers_per_block',
  ] as const;
  for (const key of lists) {
    const list = config[key];
    if (Array.isArray(list) && list.length !== channels.length) {
      wrong(key, `must have one entry for each of the ${channels.length} block_out_channels`);
      return;
    }
  }
  if (channels.some((n) => n % groups !== 0)) wrong('norm_num_groups', 'must divide all block_out_channels');
  if (channels[0]! % 2 !== 0) wrong('block_out_channels', 'must begin with an even number');
  const attends = (i: number) =>
    i === channels.length - 1 ||
    config.down_block_types[i] === 'CrossAttnDownBlock2D' ||
    config.up_block_types[channels.length - 1 - i] === 'CrossAttnUpBlock2D';
  if (channels.some((n, i) => attends(i) && n % blockOf(config, i, true).heads !== 0)) {
    wrong('attention_head_dim', 'is the number of heads and must divide the channels of each block');
  }
}
