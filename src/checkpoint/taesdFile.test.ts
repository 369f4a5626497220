import { expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { openTaesd } from './taesdFile.ts';
import { readFloat32, tensorNamed, type Weights } from './tensorEntry.ts';

const files = 'fixtures/reference/taesd';
const folder = await openTaesd(`${files}/diffusers`);

const namesOf = ({ tensors }: Weights) => [...tensors.keys()].sort();

it.each([
  ['taesd_decoder.safetensors', 'decoder.'],
  ['taesd_decoder.pth', 'decoder.'],
  ['taesd_encoder.safetensors', 'encoder.'],
])('%s holds what the folder holds under the same names', async (file, part) => {
  const { weights, config, source } = await openTaesd(`${files}/${file}`);
  expect(config).toBeUndefined();
  expect(source).toBe(`${files}/${file}`);
  const names = namesOf(weights);
  expect(names).toEqual(namesOf(folder.weights).filter((name) => name.startsWith(part)));
  for (const name of names) {
    const one = await readFloat32(tensorNamed(weights, name));
    expect(one, name).toEqual(await readFloat32(tensorNamed(folder.weights, name)));
  }
});

it('gives the config of a folder and the file that it stands in', () => {
  expect(folder.config).toMatchObject({ _class_name: 'AutoencoderTiny' });
  expect(folder.source).toBe(`${files}/diffusers/config.json`);
});

it.each([
  ['nothing.safetensors', /nothing\.safetensors does not exist/],
  ['make.py', /make\.py is neither a safetensors file nor/],
  ['.', /config\.json does not exist/],
])('%s is a clear error', async (path, message) => {
  const opening = openTaesd(`${files}/${path}`);
  await expect(opening).rejects.toThrow(CheckpointError);
  await expect(opening).rejects.toThrow(message);
});
