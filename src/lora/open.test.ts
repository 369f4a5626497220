import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type TensorToWrite, writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { stateDict, tensor } from '../checkpoint/testing/pickles.ts';
import { zip } from '../checkpoint/testing/zipArchive.ts';
import { CheckpointError, ConfigError } from '../errors.ts';
import { type LoraTargets, openLora } from './open.ts';

const folder = await mkdtemp(join(tmpdir(), 'ksd-lora-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const attention = 'mid_block.attentions.0.transformer_blocks.0.attn2';
const query = 'lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_q';
const key = 'lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k';
const convolution = 'lora_unet_mid_block_resnets_0_conv1';

const targets: LoraTargets = {
  layers: {
    unet: new Map([
      [`${attention}.to_q`, [8, 8]],
      [`${attention}.to_k`, [8, 768]],
      ['mid_block.resnets.0.conv1', [8, 8, 3, 3]],
    ]),
    textEncoder: new Map([['text_model.encoder.layers.0.mlp.fc1', [16, 768]]]),
  },
  ldmNames: new Map(),
};

type Shapes = Readonly<Record<string, readonly number[]>>;

let count = 0;
async function fileOf(shapes: Shapes): Promise<string> {
  const path = join(folder, `${count++}.safetensors`);
  await writeSafetensors(
    path,
    Object.entries(shapes).map(([name, shape]): TensorToWrite => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1);
      return { name, dtype: 'F32', shape, data };
    }),
  );
  return path;
}

const pair = (layer: string, down: readonly number[], up: readonly number[]): Shapes => ({
  [`${layer}.lora_down.weight`]: down,
  [`${layer}.lora_up.weight`]: up,
});

const fitting = pair(query, [2, 8], [8, 2]);

test('windows of one pixel may be written or left out', async () => {
  const path = await fileOf({
    ...pair(query, [2, 8, 1, 1], [8, 2, 1, 1]),
    ...pair(convolution, [2, 8, 3, 3], [8, 2]),
  });
  expect((await openLora({ path }, targets)).changes.unet.size).toBe(2);
});

test('an alpha may be a whole number, as PyTorch writes one', async () => {
  const path = join(folder, 'whole.safetensors');
  const tensors = Object.entries(fitting).map(([name, shape]): TensorToWrite => {
    return { name, dtype: 'F32', shape, data: new Float32Array(16).fill(1) };
  });
  const alpha: TensorToWrite = {
    name: `${query}.alpha`,
    dtype: 'I64',
    shape: [],
    data: BigInt64Array.of(4n),
  };
  await writeSafetensors(path, [...tensors, alpha]);
  expect((await openLora({ path }, targets)).changes.unet.size).toBe(1);
});

test("a state dict of PyTorch's is read as well", async () => {
  const path = join(folder, 'style.pt');
  const of = (shape: readonly [number, number], offset: number) =>
    tensor({ length: 32, offset, shape, strides: [shape[1], 1] });
  const pickle = stateDict({
    [`${query}.lora_down.weight`]: of([2, 8], 0),
    [`${query}.lora_up.weight`]: of([8, 2], 16),
  });
  const storage = Buffer.from(new Float32Array(32).fill(1).buffer);
  await writeFile(
    path,
    zip([
      { name: 'archive/data.pkl', content: pickle },
      { name: 'archive/data/0', content: storage },
    ]),
  );
  expect((await openLora({ path }, targets)).name).toBe('style');
});

test('keys that name no layer are told by name, and the rest is used', async () => {
  const path = await fileOf({ ...fitting, 'bundle_emb.style.string_to_param.*': [2, 768] });
  const { changes, unknown } = await openLora({ path }, targets);
  expect(changes.unet.size).toBe(1);
  expect(unknown).toEqual(['bundle_emb.style.string_to_param.*']);
});

test.each<[string, Shapes, readonly string[], typeof CheckpointError | typeof ConfigError]>([
  [
    'another width',
    pair(query, [2, 9], [8, 2]),
    [`${query}.lora_down.weight`, '[2, 9]', '[8, 8]'],
    CheckpointError,
  ],
  [
    'another height',
    pair(query, [2, 8], [7, 2]),
    [`${query}.lora_up.weight`, '[7, 2]', '[8, 8]'],
    CheckpointError,
  ],
  [
    'two ranks',
    pair(query, [2, 8], [8, 3]),
    [`${query}.lora_up.weight`, '[8, 3]', '[8, 2]'],
    CheckpointError,
  ],
  [
    'another window',
    pair(convolution, [2, 8, 1, 1], [8, 2, 1, 1]),
    ['[2, 8, 1, 1]', '[rank, 8, 3, 3]'],
    CheckpointError,
  ],
  [
    'no tensor to go up',
    { [`${query}.lora_down.weight`]: [2, 8] },
    ['lora_down', 'not all other'],
    CheckpointError,
  ],
  [
    'two names of one tensor',
    { ...fitting, [`unet.${attention}.to_q.lora_A.weight`]: [2, 8] },
    ['two names', 'lora_A', 'lora_down'],
    CheckpointError,
  ],
  ['DoRA', { ...fitting, [`${query}.dora_scale`]: [8, 1] }, ['DoRA', `${query}.dora_scale`], ConfigError],
  [
    'Tucker decomposition of LoHa',
    { ...fitting, [`${query}.hada_t1`]: [2, 2, 3, 3] },
    ['hada_t1', 'Tucker'],
    ConfigError,
  ],
  ['Stable Diffusion 2', pair(key, [2, 1024], [8, 2]), ['Stable Diffusion 2.x', '1024', '768'], ConfigError],
  ['Stable Diffusion XL', pair(key, [2, 2048], [8, 2]), ['Stable Diffusion XL', '2048'], ConfigError],
  [
    'a second text encoder',
    { ...fitting, ...pair('lora_te2_text_model_encoder_layers_0_mlp_fc1', [2, 768], [16, 2]) },
    ['Stable Diffusion XL', 'lora_te2_'],
    ConfigError,
  ],
  [
    'deeper transformers',
    pair('lora_unet_input_blocks_7_1_transformer_blocks_9_attn1_to_q', [2, 8], [8, 2]),
    ['Stable Diffusion XL'],
    ConfigError,
  ],
  ['FLUX', pair('lora_unet_double_blocks_0_img_attn_qkv', [2, 8], [8, 2]), ['FLUX'], ConfigError],
  [
    'something else',
    { 'model.layers.0.weight': [2, 2] },
    ['no LoRA of this model', 'model.layers.0.weight'],
    ConfigError,
  ],
])('a file with %s is refused with its name and the reason', async (_, shapes, parts, kind) => {
  const path = await fileOf(shapes);
  const error = await openLora({ path }, targets).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(kind);
  for (const part of [path, ...parts]) expect(error.message).toContain(part);
});

test("a config that PEFT does not write is refused with the file's name", async () => {
  const path = join(folder, 'adapter_model.safetensors');
  const config = join(folder, 'adapter_config.json');
  await rename(await fileOf(fitting), path);
  await writeFile(config, '{"lora_alpha": "much"}');
  await expect(openLora({ path }, targets)).rejects.toThrow(/adapter_config\.json.*lora_alpha/);
});

test('a multiplier that is no number, and a file that is not there, are refused by name', async () => {
  const path = await fileOf(fitting);
  await expect(openLora({ path, multiplier: Number.NaN }, targets)).rejects.toThrow(/multiplier/);
  await expect(openLora({ path: join(folder, 'none.safetensors') }, targets)).rejects.toThrow(
    /none.*does not exist/,
  );
});
