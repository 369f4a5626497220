import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { chooseLoras, readLora } from './loras.ts';
import { temporaryFolder } from './testing.ts';

test.each([
  ['style.safetensors', 'style.safetensors', 1],
  ['style.safetensors:0.8', 'style.safetensors', 0.8],
  ['a:b/style.pt:-.5', 'a:b/style.pt', -0.5],
  ['C:\\loras\\style.bin', 'C:\\loras\\style.bin', 1],
])('--lora %s is a file and its multiplier', (text, path, multiplier) => {
  expect(readLora(text)).toEqual([{ path, multiplier }]);
  expect(readLora(text, readLora('first'))).toHaveLength(2);
});

test.each(['', ':0.5', 'style:', 'style.pt:strong'])('--lora %j is not understood', (text) => {
  expect(() => readLora(text)).toThrow(InvalidArgumentError);
});

test('names of the prompt are looked for beside the model, and files of --lora come first', async () => {
  const folder = await temporaryFolder();
  const loras = join(folder, 'loras');
  await mkdir(loras);
  for (const name of ['ink.safetensors', 'old.pt', 'other.safetensors'])
    await writeFile(join(loras, name), '');
  const model = join(folder, 'model.safetensors');
  const other = join(loras, 'other.safetensors');
  const chosen = await chooseLoras(
    '고양이 <lora:ink:0.5> <lora:old>',
    { lora: readLora(`${other}:2`) },
    model,
  );
  expect(chosen).toEqual({
    prompt: '고양이',
    loras: [
      { path: other, multiplier: 2 },
      { path: join(loras, 'ink.safetensors'), multiplier: 0.5, textMultiplier: 0.5 },
      { path: join(loras, 'old.pt'), multiplier: 1, textMultiplier: 1 },
    ],
  });
  const missing = await chooseLoras('<lora:pen:1>', {}, model).catch((error) => error);
  expect(missing).toBeInstanceOf(CheckpointError);
  expect(missing.message).toMatch(/pen.*ink, old, other/s);
  await expect(chooseLoras('<lora:ink:1>', { loraFolder: folder }, model)).rejects.toThrow(/ink/);
});
