import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { parseUNetConfig } from './unetConfig.ts';

const golden = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`fixtures/golden/unet/${name}/config.json`, 'utf8'));

it('reads a config of SD 1.x, whose missing keys have the defaults of diffusers', () => {
  const config = parseUNetConfig(golden('unet_v1'));
  expect(config).toMatchObject({ useLinearProjection: false, normEps: 1e-5, sampleSize: 8 });
  expect(config.downBlocks.map((block) => block.crossAttention)).toEqual([true, true, true, false]);
  expect(config.downBlocks.map((block) => block.layers)).toEqual([2, 2, 2, 2]);
});

it('gives the up blocks the reversed lists and one layer more, the mid block the last of each list', () => {
  const config = parseUNetConfig({
    ...golden('unet_v2'),
    layers_per_block: [1, 2, 3, 4],
    transformer_layers_per_block: [1, 1, 2, 5],
  });
  expect(config.upBlocks.map((block) => block.heads)).toEqual([8, 8, 4, 2]);
  expect(config.upBlocks.map((block) => block.layers)).toEqual([5, 4, 3, 2]);
  expect(config.upBlocks.map((block) => block.channels)).toEqual([32, 32, 16, 16]);
  expect(config.midBlock).toMatchObject({
    channels: 32,
    heads: 8,
    transformerLayers: 5,
    crossAttention: true,
  });
});

it('means the U-Net of SD v1 by an empty config, but for its text', () => {
  const { downBlocks, crossAttentionDim } = parseUNetConfig({});
  expect(downBlocks.map((block) => block.channels)).toEqual([320, 640, 1280, 1280]);
  expect(crossAttentionDim).toBe(1280);
});

it.each([
  ['act_fn', 'gelu'],
  ['time_embedding_type', 'fourier'],
  ['mid_block_type', 'UNetMidBlock2DSimpleCrossAttn'],
  ['addition_embed_type', 'text_time'],
  ['num_attention_heads', 8],
  ['resnet_time_scale_shift', 'scale_shift'],
  ['norm_num_groups', 7],
  ['attention_head_dim', 5],
  ['attention_head_dim', [2, 4]],
  ['layers_per_block', 0],
  ['cross_attention_dim', [768, 768]],
  ['_class_name', 'UNet2DModel'],
])('refuses %s %j, naming file, key and value', (key, value) => {
  const parse = () => parseUNetConfig({ ...golden('unet_v1'), [key]: value }, 'unet/config.json');
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(`unet/config.json: ${key} is ${JSON.stringify(value)}`);
});

it('refuses an unknown block type, naming its place', () => {
  const parse = () => parseUNetConfig({ down_block_types: ['DownBlock2D', 'AttnDownBlock2D'] });
  expect(parse).toThrow('down_block_types.1 is "AttnDownBlock2D"');
});

it('refuses what is no config at all', () => {
  for (const json of [null, 3, 'text', []]) expect(() => parseUNetConfig(json)).toThrow(ConfigError);
});
