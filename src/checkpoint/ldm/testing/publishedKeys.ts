/**
 * The keys of sd-v1-4.ckpt, derived as LatentDiffusion builds its modules from v1-inference.yaml: block after block, counting
 * as the constructors of UNetModel, AutoencoderKL and FrozenCLIPEmbedder count. A second derivation, independent of names.ts,
 * for its test.
 */

const parameters = (module: string) => [`${module}.weight`, `${module}.bias`];

/** The U-Net by the rules of its constructor: attention where the picture was halved 0, 1 or 2 times. */
function unetKeys(): string[] {
  const [modelChannels, multipliers, resBlocks] = [320, [1, 2, 4, 4], 2];
  const attentionResolutions = [4, 2, 1];
  const keys: string[] = [];
  const res = (module: string, from: number, to: number) => {
    for (const inner of ['in_layers.0', 'in_layers.2', 'emb_layers.1', 'out_layers.0', 'out_layers.3']) {
      keys.push(...parameters(`${module}.${inner}`));
    }
    if (from !== to) keys.push(...parameters(`${module}.skip_connection`));
  };
  const spatial = (module: string) => {
    for (const inner of ['norm', 'proj_in', 'proj_out']) keys.push(...parameters(`${module}.${inner}`));
    const block = `${module}.transformer_blocks.0`;
    for (const attention of ['attn1', 'attn2']) {
      for (const projection of ['to_q', 'to_k', 'to_v'])
        keys.push(`${block}.${attention}.${projection}.weight`);
      keys.push(...parameters(`${block}.${attention}.to_out.0`));
    }
    for (const inner of ['ff.net.0.proj', 'ff.net.2', 'norm1', 'norm2', 'norm3']) {
      keys.push(...parameters(`${block}.${inner}`));
    }
  };
  keys.push(...parameters('time_embed.0'), ...parameters('time_embed.2'), ...parameters('input_blocks.0.0'));
  let channels = modelChannels;
  let [blocks, downsampled] = [1, 1];
  const skips = [channels];
  for (const [level, multiplier] of multipliers.entries()) {
    for (let i = 0; i < resBlocks; i++) {
      res(`input_blocks.${blocks}.0`, channels, multiplier * modelChannels);
      channels = multiplier * modelChannels;
      if (attentionResolutions.includes(downsampled)) spatial(`input_blocks.${blocks}.1`);
      blocks++;
      skips.push(channels);
    }
    if (level === multipliers.length - 1) continue;
    keys.push(...parameters(`input_blocks.${blocks}.0.op`));
    blocks++;
    skips.push(channels);
    downsampled *= 2;
  }
  res('middle_block.0', channels, channels);
  spatial('middle_block.1');
  res('middle_block.2', channels, channels);
  blocks = 0;
  for (const [level, multiplier] of [...multipliers.entries()].reverse()) {
    for (let i = 0; i <= resBlocks; i++) {
      res(`output_blocks.${blocks}.0`, channels + (skips.pop() as number), multiplier * modelChannels);
      channels = multiplier * modelChannels;
      let layer = 1;
      if (attentionResolutions.includes(downsampled)) {
        spatial(`output_blocks.${blocks}.${layer}`);
        layer++;
      }
      if (level > 0 && i === resBlocks) {
        keys.push(...parameters(`output_blocks.${blocks}.${layer}.conv`));
        downsampled /= 2;
      }
      blocks++;
    }
  }
  keys.push(...parameters('out.0'), ...parameters('out.2'));
  return keys.map((key) => `model.diffusion_model.${key}`);
}

/** Encoder and decoder of ldm.modules.diffusionmodules.model: ch 128, ch_mult 1, 2, 4, 4, two ResNets a level. */
function vaeKeys(): string[] {
  const [base, multipliers, resBlocks] = [128, [1, 2, 4, 4], 2];
  const keys: string[] = [];
  const res = (module: string, from: number, to: number) => {
    for (const inner of ['norm1', 'conv1', 'norm2', 'conv2']) keys.push(...parameters(`${module}.${inner}`));
    if (from !== to) keys.push(...parameters(`${module}.nin_shortcut`));
  };
  const ends = (side: string) => {
    for (const end of ['conv_in', 'norm_out', 'conv_out']) keys.push(...parameters(`${side}.${end}`));
    for (const name of ['block_1', 'block_2']) res(`${side}.mid.${name}`, 512, 512);
    for (const name of ['norm', 'q', 'k', 'v', 'proj_out'])
      keys.push(...parameters(`${side}.mid.attn_1.${name}`));
  };
  ends('encoder');
  let channels = base;
  for (const [level, multiplier] of multipliers.entries()) {
    for (let i = 0; i < resBlocks; i++) {
      res(`encoder.down.${level}.block.${i}`, channels, base * multiplier);
      channels = base * multiplier;
    }
    if (level !== multipliers.length - 1) keys.push(...parameters(`encoder.down.${level}.downsample.conv`));
  }
  ends('decoder');
  channels = base * (multipliers.at(-1) as number);
  for (const [level, multiplier] of [...multipliers.entries()].reverse()) {
    for (let i = 0; i <= resBlocks; i++) {
      res(`decoder.up.${level}.block.${i}`, channels, base * multiplier);
      channels = base * multiplier;
    }
    if (level !== 0) keys.push(...parameters(`decoder.up.${level}.upsample.conv`));
  }
  keys.push(...parameters('quant_conv'), ...parameters('post_quant_conv'));
  return keys.map((key) => `first_stage_model.${key}`);
}

function textKeys(): string[] {
  const layers = Array.from({ length: 12 }, (_, i) => `encoder.layers.${i}`).flatMap((layer) =>
    [
      'self_attn.k_proj',
      'self_attn.v_proj',
      'self_attn.q_proj',
      'self_attn.out_proj',
      'layer_norm1',
      'mlp.fc1',
    ]
      .concat(['mlp.fc2', 'layer_norm2'])
      .flatMap((inner) => parameters(`${layer}.${inner}`)),
  );
  const embeddings = ['position_ids', 'token_embedding.weight', 'position_embedding.weight'];
  const all = [...embeddings.map((key) => `embeddings.${key}`), ...layers, ...parameters('final_layer_norm')];
  return all.map((key) => `cond_stage_model.transformer.text_model.${key}`);
}

/** register_schedule of LatentDiffusion. */
const scheduleKeys = [
  ...[
    'betas',
    'alphas_cumprod',
    'alphas_cumprod_prev',
    'sqrt_alphas_cumprod',
    'sqrt_one_minus_alphas_cumprod',
  ],
  ...['log_one_minus_alphas_cumprod', 'sqrt_recip_alphas_cumprod', 'sqrt_recipm1_alphas_cumprod'],
  ...['posterior_variance', 'posterior_log_variance_clipped', 'posterior_mean_coef1', 'posterior_mean_coef2'],
];

/** 1,831 keys: 1,131 of the model, 12 of its schedule, 688 of the moving average that the full checkpoint has beside the weights. */
export function publishedKeys(): string[] {
  const unet = unetKeys();
  const average = unet.map((key) => `model_ema.${key.slice('model.'.length).replaceAll('.', '')}`);
  return [
    ...scheduleKeys,
    ...unet,
    ...vaeKeys(),
    ...textKeys(),
    ...average,
    'model_ema.decay',
    'model_ema.num_updates',
  ];
}
