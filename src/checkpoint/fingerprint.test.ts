import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { fingerprintOf } from './fingerprint.ts';

let folder: string;

beforeEach(async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'ksd-fingerprint-'));
  onTestFinished(() => rm(temporary, { recursive: true }));
  folder = join(temporary, 'model');
  await mkdir(join(folder, 'unet'), { recursive: true });
  await writeFile(join(folder, 'unet', 'weights'), 'abc');
  await writeFile(join(folder, 'config.json'), '{}');
});

test('a copy elsewhere has the same fingerprint', async () => {
  await cp(folder, `${folder}-copy`, { recursive: true });
  await writeFile(join(`${folder}-copy`, '.half-written.partial'), 'x');
  expect(await fingerprintOf(`${folder}-copy`)).toBe(await fingerprintOf(folder));
});

test.each([
  ['another byte', () => writeFile(join(folder, 'unet', 'weights'), 'abd')],
  [
    'a byte that moves to the next file',
    async () => {
      await writeFile(join(folder, 'config.json'), '{}a');
      await writeFile(join(folder, 'unet', 'weights'), 'bc');
    },
  ],
  ['another name', () => writeFile(join(folder, 'unet', 'more'), '')],
])('%s gives another', async (_, change) => {
  const before = await fingerprintOf(folder);
  await change();
  expect(await fingerprintOf(folder)).not.toBe(before);
});

test('what is not there is named', async () => {
  await expect(fingerprintOf(join(folder, 'no'))).rejects.toThrow(CheckpointError);
});
