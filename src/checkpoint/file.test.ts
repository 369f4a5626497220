import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { openFile, withFile } from './file.ts';

const scratch = await mkdtemp(join(tmpdir(), 'ksd-file-'));
afterAll(() => rm(scratch, { recursive: true }));
const path = join(scratch, 'file');
await writeFile(path, 'abcd');

describe('withFile', () => {
  it.skipIf(process.platform === 'win32')('refuses a pipe, and does not wait for it', async () => {
    execFileSync('mkfifo', [join(scratch, 'pipe')]);
    await expect(withFile(join(scratch, 'pipe'), async () => 0)).rejects.toThrow('pipe is not a file');
  });

  it('names the file when the disk fails', async () => {
    const broken = { read: () => Promise.reject(new Error('EIO: i/o error, read')) };
    const reading = openFile('weights.bin', '/weights.bin', 8, broken).read(0, 8);
    await expect(reading).rejects.toThrow(CheckpointError);
    await expect(reading).rejects.toThrow('weights.bin cannot be read: EIO');
  });

  it('reads what was asked for', async () => {
    expect((await withFile(path, (file) => file.read(1, 2))).toString()).toBe('bc');
    expect(await withFile(path, (file) => file.read(4, 0))).toHaveLength(0);
  });

  it.each([
    ['beyond the end', 2, 3],
    ['before the beginning', -1, 1],
    ['at an offset that no number holds exactly', 2 ** 60, 1],
    ['more than any memory holds', 0, 2 ** 53],
    ['what is no number', Number.NaN, 1],
  ])('refuses to read %s, and allocates nothing', async (_, offset, length) => {
    const reading = withFile(path, (file) => file.read(offset, length));
    await expect(reading).rejects.toThrow(CheckpointError);
    await expect(reading).rejects.toThrow(`${path} ends before byte`);
    const filling = withFile(path, (file) => file.readInto(new Uint8Array(Math.min(length, 9)), offset));
    await expect(filling).rejects.toThrow(`${path} ends before byte`);
  });
});
