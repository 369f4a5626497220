import { expect, test } from 'vitest';
import { v1Configs } from '../checkpoint/ldm/v1.ts';
import type { StableDiffusion } from '../checkpoint/stableDiffusion.ts';
import { parseUNetConfig } from '../models/unetConfig.ts';
import { targetsOf } from './load.ts';
import { layerNames, type Place, splitKey } from './names.ts';
import {
  attentionProcessors,
  diffusers,
  kohya,
  kohyaLdm,
  type Naming,
  peft,
  peftModel,
} from './testing/files.ts';

const textEncoder = { config: v1Configs.textEncoder, configSource: 'v1', modelType: 'clip_text_model' };
const targets = targetsOf(
  textEncoder as unknown as StableDiffusion['textEncoder'],
  parseUNetConfig(v1Configs.unet),
);
const places = (['unet', 'textEncoder'] as const).flatMap((part) =>
  [...targets.layers[part].keys()].map((layer): Place => ({ part, layer })),
);
const namesOf = (place: Place) =>
  layerNames(place, place.part === 'unet' ? targets.ldmNames.get(place.layer) : undefined);

test('Stable Diffusion v1.4 has all its linear layers and convolutions among those that a LoRA can change', () => {
  // 22 ResNets of 3 layers and 14 shortcuts, 16 transformers of 12, 6 that change the size, two ends and two of time.
  expect(targets.layers.unet.size).toBe(22 * 3 + 14 + 16 * 12 + 6 + 2 + 2);
  expect(targets.layers.textEncoder.size).toBe(12 * 6);
  expect(targets.ldmNames.size).toBeGreaterThanOrEqual(targets.layers.unet.size);
});

test('no two layers of Stable Diffusion v1.4 share a name in any naming', () => {
  const owner = new Map<string, Place>();
  for (const place of places) {
    for (const name of namesOf(place)) {
      expect(owner.get(name), name).toBeUndefined();
      owner.set(name, place);
    }
  }
});

const isProjection = ({ layer }: Place) => /\.to_(q|k|v|out\.0)$/.test(layer);

test.each<[string, Naming, (place: Place) => boolean]>([
  ['kohya', kohya, () => true],
  ['kohya with the names of CompVis', kohyaLdm(targets.ldmNames), () => true],
  ['PEFT in diffusers', peft, () => true],
  ['PEFT alone', peftModel, () => true],
  ['diffusers', diffusers, () => true],
  ['attention processors', attentionProcessors, isProjection],
])('every layer of Stable Diffusion v1.4 is found under its name of %s', (_, naming, named) => {
  for (const place of places.filter(named)) {
    for (const role of ['down', 'up']) {
      const key = splitKey(naming(place, role));
      expect(key?.role).toBe(role);
      expect(namesOf(place)).toContain(key?.layer);
    }
  }
});

test.each([
  // As they stand in files that people share.
  [
    'lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight',
    'down_blocks.0.attentions.0.proj_in',
    'down',
  ],
  [
    'lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.lora_up.weight',
    'down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q',
    'up',
  ],
  ['lora_unet_output_blocks_5_2_conv.alpha', 'up_blocks.1.upsamplers.0.conv', 'alpha'],
  [
    'lora_unet_mid_block_attentions_0_transformer_blocks_0_ff_net_0_proj.hada_w1_a',
    'mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj',
    'hada_w1_a',
  ],
  [
    'lora_te_text_model_encoder_layers_11_mlp_fc2.lora_down.weight',
    'text_model.encoder.layers.11.mlp.fc2',
    'down',
  ],
  [
    'text_encoder.text_model.encoder.layers.0.self_attn.out_proj.lora_linear_layer.up.weight',
    'text_model.encoder.layers.0.self_attn.out_proj',
    'up',
  ],
  [
    'text_encoder.text_model.encoder.layers.0.self_attn.to_out_lora.down.weight',
    'text_model.encoder.layers.0.self_attn.out_proj',
    'down',
  ],
  [
    'unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_out_lora.down.weight',
    'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0',
    'down',
  ],
  [
    'base_model.model.unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k.lora_B.weight',
    'mid_block.attentions.0.transformer_blocks.0.attn2.to_k',
    'up',
  ],
])('%s is a factor of its layer', (written, layer, role) => {
  const key = splitKey(written);
  expect(key?.role).toBe(role);
  expect(
    places.filter((place) => namesOf(place).includes(key?.layer ?? '')).map((place) => place.layer),
  ).toEqual([layer]);
});

test.each(['', 'lora_unet_conv_in', 'lora_unet_conv_in.diff', 'emb_params', 'unet.conv_in.weight'])(
  '%j is no key of a LoRA',
  (key) => {
    expect(splitKey(key)).toBeUndefined();
  },
);
