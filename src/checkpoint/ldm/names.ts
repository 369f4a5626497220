/**
 * The names of a Stable Diffusion v1 in one file (CompVis' LatentDiffusion and everything made from it), beside those of
 * diffusers and transformers: one table for each part, complete, so that a key that is missing or unknown shows.
 *
 * Names only: no file, no tensor. The layout of the parts comes from their configs; that of SD v1.4 gives 686 names of the
 * U-Net, 248 of the autoencoder and 196 of the text encoder.
 */

/** Key in the file, and the name under which the model asks for it. */
export type NamePair = readonly [ldm: string, name: string];

/** Which blocks of a U-Net or autoencoder there are. */
export interface UNetLayout {
  /** ResNets of each level on the way down; there is one more of each on the way up. */
  readonly layersPerBlock: number;
  /** Of each level, the one of full resolution first. */
  readonly channels: readonly number[];
  /** Of each level: does a transformer follow each ResNet? */
  readonly attention: readonly boolean[];
  /** Transformer blocks after each ResNet. */
  readonly transformerLayers: number;
}

export interface VaeLayout {
  /** ResNets of each level of the encoder; the decoder's have one more. */
  readonly layersPerBlock: number;
  /** Of each level, the one of full resolution first. */
  readonly channels: readonly number[];
}

export const unetPrefix = 'model.diffusion_model.';
export const vaePrefix = 'first_stage_model.';
export const textPrefix = 'cond_stage_model.transformer.';

/** A module with weight and bias. */
const layer = (ldm: string, name: string): NamePair[] => [
  [`${ldm}.weight`, `${name}.weight`],
  [`${ldm}.bias`, `${name}.bias`],
];

const matrix = (name: string): NamePair[] => [[`${name}.weight`, `${name}.weight`]];

/** Both sides of every pair with something in front. */
const under = (ldm: string, name: string, pairs: readonly NamePair[]): NamePair[] =>
  pairs.map(([from, to]) => [`${ldm}.${from}`, `${name}.${to}`]);

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** ResBlock of the U-Net to ResnetBlock2D; `widens`: it has another number of channels at its end. */
const unetResnet = (widens: boolean): NamePair[] => [
  ...layer('in_layers.0', 'norm1'),
  ...layer('in_layers.2', 'conv1'),
  ...layer('emb_layers.1', 'time_emb_proj'),
  ...layer('out_layers.0', 'norm2'),
  ...layer('out_layers.3', 'conv2'),
  ...(widens ? layer('skip_connection', 'conv_shortcut') : []),
];

/** SpatialTransformer, whose inner names diffusers has kept. */
function transformer(layers: number): NamePair[] {
  const block = [
    ...['norm1', 'norm2', 'norm3'].flatMap((norm) => layer(norm, norm)),
    ...['attn1', 'attn2'].flatMap((attention) => [
      ...['to_q', 'to_k', 'to_v'].flatMap((projection) => matrix(`${attention}.${projection}`)),
      ...layer(`${attention}.to_out.0`, `${attention}.to_out.0`),
    ]),
    ...layer('ff.net.0.proj', 'ff.net.0.proj'),
    ...layer('ff.net.2', 'ff.net.2'),
  ];
  const names = (i: number) => `transformer_blocks.${i}`;
  return [
    ...['norm', 'proj_in', 'proj_out'].flatMap((name) => layer(name, name)),
    ...range(layers).flatMap((i) => under(names(i), names(i), block)),
  ];
}

/** All parameters of the U-Net, without `unetPrefix`. */
export function unetNames(layout: UNetLayout): NamePair[] {
  const { layersPerBlock, channels, attention, transformerLayers } = layout;
  const levels = channels.length;
  const attend = transformer(transformerLayers);
  const pairs: NamePair[] = [
    ...layer('time_embed.0', 'time_embedding.linear_1'),
    ...layer('time_embed.2', 'time_embedding.linear_2'),
    ...layer('input_blocks.0.0', 'conv_in'),
    ...under('middle_block.0', 'mid_block.resnets.0', unetResnet(false)),
    ...under('middle_block.1', 'mid_block.attentions.0', attend),
    ...under('middle_block.2', 'mid_block.resnets.1', unetResnet(false)),
    ...layer('out.0', 'conv_norm_out'),
    ...layer('out.2', 'conv_out'),
  ];
  // Blocks are counted through, whatever their level; the first is the convolution above.
  let block = 0;
  for (const level of range(levels)) {
    for (const i of range(layersPerBlock)) {
      block++;
      const widens = i === 0 && channels[Math.max(level - 1, 0)] !== channels[level];
      pairs.push(
        ...under(`input_blocks.${block}.0`, `down_blocks.${level}.resnets.${i}`, unetResnet(widens)),
      );
      if (attention[level]) {
        pairs.push(...under(`input_blocks.${block}.1`, `down_blocks.${level}.attentions.${i}`, attend));
      }
    }
    if (level === levels - 1) break;
    block++;
    pairs.push(...layer(`input_blocks.${block}.0.op`, `down_blocks.${level}.downsamplers.0.conv`));
  }
  block = -1;
  for (const up of range(levels)) {
    const attends = attention[levels - 1 - up] as boolean;
    for (const i of range(layersPerBlock + 1)) {
      block++;
      // What comes up is joined by a skip connection, so that every ResNet here changes its width.
      pairs.push(...under(`output_blocks.${block}.0`, `up_blocks.${up}.resnets.${i}`, unetResnet(true)));
      if (attends)
        pairs.push(...under(`output_blocks.${block}.1`, `up_blocks.${up}.attentions.${i}`, attend));
    }
    if (up === levels - 1) break;
    const place = attends ? 2 : 1;
    pairs.push(...layer(`output_blocks.${block}.${place}.conv`, `up_blocks.${up}.upsamplers.0.conv`));
  }
  return pairs;
}

const vaeResnet = (widens: boolean): NamePair[] => [
  ...['norm1', 'conv1', 'norm2', 'conv2'].flatMap((name) => layer(name, name)),
  ...(widens ? layer('nin_shortcut', 'conv_shortcut') : []),
];

const vaeMiddle: readonly NamePair[] = [
  ...under('block_1', 'resnets.0', vaeResnet(false)),
  ...under('attn_1', 'attentions.0', [
    ...layer('norm', 'group_norm'),
    ...layer('q', 'to_q'),
    ...layer('k', 'to_k'),
    ...layer('v', 'to_v'),
    ...layer('proj_out', 'to_out.0'),
  ]),
  ...under('block_2', 'resnets.1', vaeResnet(false)),
];

/** The ends that encoder and decoder share. */
const vaeEnds: readonly NamePair[] = [
  ...layer('conv_in', 'conv_in'),
  ...under('mid', 'mid_block', vaeMiddle),
  ...layer('norm_out', 'conv_norm_out'),
  ...layer('conv_out', 'conv_out'),
];

/** All parameters of the autoencoder, without `vaePrefix`. */
export function vaeNames({ layersPerBlock, channels }: VaeLayout): NamePair[] {
  const levels = channels.length;
  const encoder = range(levels).flatMap((level) => [
    ...range(layersPerBlock).flatMap((i) =>
      under(
        `down.${level}.block.${i}`,
        `down_blocks.${level}.resnets.${i}`,
        vaeResnet(i === 0 && channels[Math.max(level - 1, 0)] !== channels[level]),
      ),
    ),
    ...(level < levels - 1
      ? layer(`down.${level}.downsample.conv`, `down_blocks.${level}.downsamplers.0.conv`)
      : []),
  ]);
  // The decoder's levels are counted from the other end.
  const decoder = range(levels).flatMap((level) => [
    ...range(layersPerBlock + 1).flatMap((i) =>
      under(
        `up.${level}.block.${i}`,
        `up_blocks.${levels - 1 - level}.resnets.${i}`,
        vaeResnet(i === 0 && channels[Math.min(level + 1, levels - 1)] !== channels[level]),
      ),
    ),
    ...(level > 0
      ? layer(`up.${level}.upsample.conv`, `up_blocks.${levels - 1 - level}.upsamplers.0.conv`)
      : []),
  ]);
  return [
    ...under('encoder', 'encoder', [...vaeEnds, ...encoder]),
    ...under('decoder', 'decoder', [...vaeEnds, ...decoder]),
    ...layer('quant_conv', 'quant_conv'),
    ...layer('post_quant_conv', 'post_quant_conv'),
  ];
}

/** All parameters of CLIP's text encoder, without `textPrefix`; the names are those of transformers. */
export function textNames(layers: number): NamePair[] {
  const encoderLayer = [
    ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((name) =>
      layer(`self_attn.${name}`, `self_attn.${name}`),
    ),
    ...['layer_norm1', 'layer_norm2', 'mlp.fc1', 'mlp.fc2'].flatMap((name) => layer(name, name)),
  ];
  const names = (i: number) => `encoder.layers.${i}`;
  return under('text_model', 'text_model', [
    ...matrix('embeddings.token_embedding'),
    ...matrix('embeddings.position_embedding'),
    ...range(layers).flatMap((i) => under(names(i), names(i), encoderLayer)),
    ...layer('final_layer_norm', 'final_layer_norm'),
  ]);
}

/**
 * Keys of such files that no picture needs: tables of the noise schedule, which the scheduler's config gives; the moving
 * average of the weights, of which the file holds the result or that alone; buffers; what only training used.
 */
export const unneeded: readonly RegExp[] = [
  /^(betas|(sqrt_)?alphas_cumprod(_prev)?|(sqrt|log)_one_minus_alphas_cumprod|sqrt_recip(m1)?_alphas_cumprod)$/,
  /^(posterior_(variance|log_variance_clipped|mean_coef[12])|lvlb_weights|logvar|scale_factor)$/,
  /^model_ema\./,
  /^first_stage_model\.(loss|model_ema)\./,
  /^cond_stage_model\.transformer\.(text_model\.)?embeddings\.position_ids$/,
  /^cond_stage_model\.(logit_scale|text_projection)$/,
];
