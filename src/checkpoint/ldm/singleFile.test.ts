import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDiffusersFolder } from '../diffusersFolder.ts';
import { elementBytes, elementCount } from '../dtype.ts';
import { writeSafetensors } from '../safetensorsWriter.ts';
import { openStableDiffusion } from '../stableDiffusion.ts';
import { readTensor, type TensorEntry, type Weights } from '../tensorEntry.ts';
import { openSingleFile, splitNames } from './singleFile.ts';
import { publishedKeys } from './testing/publishedKeys.ts';
import { singleFileOf } from './testing/toSingleFile.ts';

const emoji = 'models/emoji-sd/model';

/** Weights of a file that holds nothing but names. */
function named(keys: Iterable<string>): Weights {
  const entry = (name: string): TensorEntry => {
    return { name, dtype: 'F32', shape: [], file: '/x', offset: 0, byteLength: 4 };
  };
  return { source: 'x.ckpt', tensors: new Map([...keys].map((key) => [key, entry(key)])), metadata: {} };
}

test("every key of SD v1.4's file is consumed exactly once or known to be needless", () => {
  const keys = publishedKeys();
  expect(new Set(keys).size).toBe(keys.length);
  const { unet, vae, textEncoder, unknown } = splitNames(named(keys));
  expect([unet.size, vae.size, textEncoder.size]).toEqual([686, 248, 196]);
  expect(unknown).toEqual([]);
  const consumed = [unet, vae, textEncoder].flatMap((part) => [...part.keys()]);
  // The names of the three parts differ, and each has one key of its own.
  expect(new Set(consumed).size).toBe(686 + 248 + 196);
});

test('a missing key is named as it stands in the file, and an unknown one is reported', () => {
  const keys = publishedKeys();
  const gone = 'model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight';
  expect(() => splitNames(named(keys.filter((key) => key !== gone)))).toThrow(gone);
  expect(splitNames(named([...keys, 'model.diffusion_model.extra.weight'])).unknown).toEqual([
    'model.diffusion_model.extra.weight',
  ]);
});

test('each key alone is needed', () => {
  const keys = publishedKeys().filter((key) => /^(model\.diffusion|first_stage|cond_stage)/.test(key));
  const needed = keys.filter((key) => !key.endsWith('position_ids'));
  for (let i = 0; i < needed.length; i += 37) {
    const without = keys.filter((key) => key !== needed[i]);
    expect(() => splitNames(named(without))).toThrow(needed[i]);
  }
});

test('a text encoder without the name of its inner model is taken too', () => {
  const keys = publishedKeys().map((key) => key.replace('transformer.text_model.', 'transformer.'));
  expect(splitNames(named(keys)).textEncoder.size).toBe(196);
});

test('a model in one file has the tensors of its folder, where they lie in the file', async () => {
  const folder = await openDiffusersFolder(emoji);
  const scratch = await mkdtemp(join(tmpdir(), 'ksd-ldm-'));
  const path = join(scratch, 'emoji.safetensors');
  const configs = {
    textEncoder: folder.textEncoder.config,
    unet: folder.unet.config,
    vae: folder.vae.config,
    scheduler: folder.scheduler.config,
  };
  await writeSafetensors(path, await singleFileOf(folder));
  const file = await openSingleFile(path, { configs, tokenizerFolder: folder.tokenizer.folder });
  for (const part of ['textEncoder', 'unet', 'vae'] as const) {
    expect([...file[part].weights.tensors.keys()].sort()).toEqual(
      [...folder[part].weights.tensors.keys()].sort(),
    );
    for (const [name, entry] of file[part].weights.tensors) {
      expect(entry.shape).toEqual(folder[part].weights.tensors.get(name)!.shape);
      expect(entry.byteLength).toBe(elementCount(entry.shape)! * elementBytes(entry.dtype));
    }
  }
  const name = 'decoder.mid_block.attentions.0.to_q.weight';
  expect(await readTensor(file.vae.weights.tensors.get(name)!)).toEqual(
    await readTensor(folder.vae.weights.tensors.get(name)!),
  );
});

test.each([
  ['conditioner.embedders.0.x', /Stable Diffusion XL/],
  ['cond_stage_model.model.x', /Stable Diffusion 2/],
  ['lora_unet_down_blocks_0.alpha', /LoRA/],
  ['anything.weight', /holds no U-Net/],
])('a file with %s is refused for what it is', async (name, message) => {
  const scratch = await mkdtemp(join(tmpdir(), 'ksd-ldm-'));
  const path = join(scratch, 'other.safetensors');
  await writeSafetensors(path, [{ name, dtype: 'F32', shape: [1], data: Float32Array.of(1) }]);
  await expect(openStableDiffusion(path)).rejects.toThrow(message);
});

test('a file that is no weights at all says so', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'ksd-ldm-'));
  const path = join(scratch, 'text.safetensors');
  await writeFile(path, 'hello');
  await expect(openStableDiffusion(path)).rejects.toThrow(/text\.safetensors/);
});
