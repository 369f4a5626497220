import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { settleFolder, writeAll, writeFileAtomic, writeFolderAtomic } from './atomic.ts';

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ksd-atomic-'));
});
afterEach(() => rm(scratch, { recursive: true }));

describe('writeFileAtomic', () => {
  it('writes text, bytes, or what a function writes, and makes the folder', async () => {
    const path = join(scratch, 'new', 'file');
    for (const content of ['한국어', Buffer.from('한국어')]) {
      await writeFileAtomic(path, content);
      expect(await readFile(path, 'utf8')).toBe('한국어');
    }
    await writeFileAtomic(path, async (handle) => {
      await writeAll(handle, Buffer.from('one '));
      await writeAll(handle, Buffer.from('two'));
    });
    expect(await readFile(path, 'utf8')).toBe('one two');
    expect(await readdir(join(scratch, 'new'))).toEqual(['file']);
  });

  it('leaves the old file alone and no other behind when writing fails', async () => {
    const path = join(scratch, 'file');
    await writeFile(path, 'old');
    const failing = writeFileAtomic(path, async (handle) => {
      await writeAll(handle, Buffer.from('half of the n'));
      throw new RangeError('out of ideas');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(scratch)).toEqual(['file']);
  });

  it('says which path cannot be written', async () => {
    await writeFile(join(scratch, 'file'), '');
    const path = join(scratch, 'file', 'below');
    await expect(writeFileAtomic(path, '')).rejects.toThrow(CheckpointError);
    await expect(writeFileAtomic(path, '')).rejects.toThrow(path);
  });
});

describe('writeFolderAtomic', () => {
  const fill = (name: string) => (temporary: string) => writeFile(join(temporary, name), name);

  it('makes a folder and replaces all of an old one', async () => {
    const folder = join(scratch, 'step', '100');
    await writeFolderAtomic(folder, fill('one'));
    expect(await readdir(folder)).toEqual(['one']);
    await writeFolderAtomic(folder, fill('two'));
    expect(await readdir(folder)).toEqual(['two']);
    expect(await readdir(join(scratch, 'step'))).toEqual(['100']);
  });

  it('keeps the old folder when filling the new one fails', async () => {
    const folder = join(scratch, 'folder');
    await writeFolderAtomic(folder, fill('one'));
    const failing = writeFolderAtomic(folder, async (temporary) => {
      await fill('two')(temporary);
      throw new RangeError('out of ideas');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await readdir(folder)).toEqual(['one']);
    expect(await readdir(scratch)).toEqual(['folder']);
  });

  it('is settled after a kill between the two renames, and after one before the clean-up', async () => {
    const folder = join(scratch, 'folder');
    const previous = join(scratch, '.folder.previous');
    await writeFolderAtomic(folder, fill('one'));
    await rename(folder, previous);
    await settleFolder(folder);
    expect(await readdir(folder)).toEqual(['one']);

    await mkdir(previous);
    await settleFolder(folder);
    expect(await readdir(scratch)).toEqual(['folder']);
    expect(await readdir(folder)).toEqual(['one']);
  });
});
