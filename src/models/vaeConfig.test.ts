import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { parseVaeConfig, vaeScaleFactor } from './vaeConfig.ts';

const read = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'));

it('takes 0.18215 as the scaling factor of old configs, which do not have it', () => {
  expect(parseVaeConfig(read('fixtures/golden/vae/vae/config.json')).scalingFactor).toBe(0.18215);
});

it('tells the size of the latents from the number of levels', () => {
  expect(vaeScaleFactor(parseVaeConfig(read('fixtures/golden/vae/vae/config.json')))).toBe(8);
  expect(vaeScaleFactor(parseVaeConfig(read('models/emoji-sd/model/vae/config.json')))).toBe(4);
});

it.each([
  ['act_fn', 'relu'],
  ['latents_mean', [0, 0, 0, 0]],
  ['use_quant_conv', false],
  ['shift_factor', 0.1],
  ['norm_num_groups', 5],
  ['up_block_types', ['UpDecoderBlock2D']],
  ['scaling_factor', '0.18'],
])('refuses %s %j, naming file, key and value', (key, value) => {
  const json = { ...read('fixtures/golden/vae/vae/config.json'), [key]: value };
  expect(() => parseVaeConfig(json, 'vae/config.json')).toThrow(ConfigError);
  expect(() => parseVaeConfig(json, 'vae/config.json')).toThrow(
    `vae/config.json: ${key} is ${JSON.stringify(value)}`,
  );
});
