import { readdir, readFile, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hubServer } from './testing/hubServer.ts';
import {
  expectWhole,
  namesIn,
  pulled,
  reasonOf,
  robertaRepo,
  robertaServer,
  temporaryFolder,
} from './testing/world.ts';

const weights = 'model.safetensors';

describe('what is in the way', () => {
  test('is not overwritten: a file of the same or another size that is not of the Hub', async () => {
    const server = await robertaServer();
    for (const size of [467, 10]) {
      const folder = await temporaryFolder();
      await writeFile(join(folder, 'config.json'), 'x'.repeat(size));
      for (const _ of ['first', 'second']) {
        expect(await reasonOf(pulled(server, { folder }))).toBe('in-the-way');
        expect(await readFile(join(folder, 'config.json'), 'utf8')).toBe('x'.repeat(size));
      }
    }
  });

  test('may be a link, which the engine would refuse to follow', async () => {
    const server = await robertaServer();
    const folder = await temporaryFolder();
    await pulled(server, { folder });
    const elsewhere = join(await temporaryFolder(), weights);
    await rename(join(folder, weights), elsewhere);
    await symlink(elsewhere, join(folder, weights));
    expect(await reasonOf(pulled(server, { folder }))).toBe('in-the-way');
  });

  test('may be another repository, or weights that would be read instead', async () => {
    const repo = await robertaRepo();
    const half = repo.map((file) =>
      file.path === weights ? { ...file, path: 'model.fp16.safetensors' } : file,
    );
    const server = await hubServer({
      'klue/roberta-small': [...repo, half.find(({ path }) => path.includes('fp16'))!],
      'a/b': repo,
    });
    const folder = await temporaryFolder();
    await pulled(server, { folder });
    expect(await reasonOf(pulled(server, { folder, name: 'a/b' }))).toBe('in-the-way');
    expect(await reasonOf(pulled(server, { folder, fp16: true }))).toBe('in-the-way');
  });

  test('is not what an earlier pull wrote and somebody cut short', async () => {
    const server = await robertaServer();
    const folder = await temporaryFolder();
    await pulled(server, { folder });
    await truncate(join(folder, weights), 10);
    await pulled(server, { folder });
    await expectWhole(folder, weights);
  });
});

describe('names of a hostile server', () => {
  const names = [
    '../evil.safetensors',
    '/etc/evil.safetensors',
    'a/../../evil',
    'C:evil',
    'a\\..\\evil',
    'nul.bin',
    'a/\u0000b',
    '.ksd-pull.json',
  ];

  test.each(names)('%j is refused, and nothing is written', async (path) => {
    const server = await hubServer({ 'a/b': [{ path, content: Buffer.from('evil') }] });
    const folder = await temporaryFolder();
    const inside = join(folder, 'model');
    expect(await reasonOf(pulled(server, { name: 'a/b', folder: inside, file: path }))).toBe('unsafe-name');
    expect(await readdir(folder)).toEqual([]);
  });

  test('do not matter where nobody asks for them', async () => {
    const evil = names.map((path) => ({ path, content: Buffer.from('evil') }));
    const server = await hubServer({ 'klue/roberta-small': [...(await robertaRepo()), ...evil] });
    const folder = await temporaryFolder();
    await pulled(server, { folder: join(folder, 'model') });
    expect(await readdir(folder)).toEqual(['model']);
    expect(JSON.stringify(await namesIn(join(folder, 'model')))).not.toContain('evil');
  });
});
