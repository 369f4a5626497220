import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { solid } from '../pictures/image.ts';
import { parseParameters } from '../pictures/parameters.ts';
import { decodePng } from '../pictures/png.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { savePictures } from './picture.ts';
import type { Drawn, Generation } from './pipeline.ts';

const folder = await mkdtemp(join(tmpdir(), 'ksd-picture-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const generation: Generation = {
  model: 'emoji-sd',
  textEncoder: 'roberta',
  scheduler: 'unipc',
  prompts: ['파란 배경의 빨간 사과', 'A "quoted", prompt: really?/..\\'],
  negativePrompts: ['흐릿한', ''],
  seeds: [42, 2n ** 62n + 43n],
  steps: 25,
  guidance: 5,
  width: 64,
  height: 64,
  strength: 0.6,
  loras: [],
  warnings: [],
};
const images = [solid(64, 64, [255, 0, 0]), solid(64, 64, [0, 0, 255])];
const drawn: Drawn = {
  generation,
  images,
  flagged: [false, false],
  latents: floatTensor(new Float32Array(), [0]),
};

test('a saved picture tells how it was made, in Korean too', async () => {
  const [path] = (await savePictures(folder, drawn)) as [string];
  const { image, text } = decodePng(await readFile(path));
  expect(image.data).toEqual(images[0]?.data);
  expect(parseParameters(text['parameters'] ?? '')).toEqual({
    prompt: '파란 배경의 빨간 사과',
    negativePrompt: '흐릿한',
    steps: 25,
    sampler: 'UniPC',
    cfgScale: 5,
    seed: 42,
    width: 64,
    height: 64,
    model: 'emoji-sd',
    extra: { 'Text encoder': 'roberta', 'Denoising strength': '0.6' },
  });
});

test('file names hold number, seed and words, go on counting, and never leave the folder', async () => {
  const fresh = join(folder, 'new', 'folder');
  const first = await savePictures(fresh, drawn);
  const second = await savePictures(fresh, drawn);
  expect([...first, ...second].map((path) => basename(path))).toEqual([
    '00001-42-파란-배경의-빨간-사과.png',
    `00002-${2n ** 62n + 43n}-a-quoted-prompt-really.png`,
    '00003-42-파란-배경의-빨간-사과.png',
    `00004-${2n ** 62n + 43n}-a-quoted-prompt-really.png`,
  ]);
  expect(await readdir(fresh)).toHaveLength(4);
});

test('a seed beyond 2^53 is recorded as one that draws the same picture', async () => {
  const [, path] = (await savePictures(folder, drawn)) as [string, string];
  expect(parseParameters(decodePng(await readFile(path)).text['parameters'] ?? '').seed).toBe(43);
});
