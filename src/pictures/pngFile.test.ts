import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CheckpointError, InputError } from '../errors.ts';
import { solid } from './image.ts';
import { encodePng } from './png.ts';
import { readPng } from './pngFile.ts';

test('a picture comes back, and what is none is told with its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-png-'));
  const [good, bad] = [join(folder, 'good.png'), join(folder, 'bad.png')];
  const image = solid(3, 2, [1, 2, 3]);
  await writeFile(good, encodePng(image));
  await writeFile(bad, 'hello');
  expect(await readPng(good)).toEqual(image);
  await expect(readPng(bad)).rejects.toThrow(bad);
  await expect(readPng(bad)).rejects.toThrow(InputError);
  await expect(readPng(join(folder, 'none.png'))).rejects.toThrow(CheckpointError);
});
