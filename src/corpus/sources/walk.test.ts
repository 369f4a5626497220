import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CorpusError } from '../../errors.ts';
import { splitFile, writeTar } from '../synthetic/archives.ts';
import { zipWriter } from '../synthetic/zipWriter.ts';
import { chunksOf } from './content.ts';
import { readSmallFiles } from './smallFiles.ts';
import { filesIn } from './walk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksd-walk-'));
  mkdirSync(join(folder, 'scratch'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

function write(name: string, content: string | Buffer): void {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
}

type Entries = Readonly<Record<string, string | Buffer>>;

function zipped(entries: Entries, level = 6): Buffer {
  const zip = zipWriter(at('scratch/new.zip'));
  for (const [name, content] of Object.entries(entries)) zip.add(name, content, { level });
  zip.close();
  return readFileSync(at('scratch/new.zip'));
}

function tarred(entries: Entries): Buffer {
  const files = Object.entries(entries).map(([name, content]) => [name, Buffer.from(content)] as const);
  writeTar(at('scratch/new.tar'), files);
  return readFileSync(at('scratch/new.tar'));
}

/** What is found: paths below the folder with their content, sets with the names in them. */
async function found(...inputs: readonly string[]): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  for await (const one of filesIn(inputs.map(at), { scratch: at('scratch') })) {
    if (one.kind === 'set') {
      const names: string[] = [];
      for await (const files of readSmallFiles(one.set, { scratch: at('scratch') })) {
        names.push(...files.map(({ name, problem }) => problem ?? name));
      }
      expect(names).toHaveLength(one.set.count);
      all[one.set.path.slice(folder.length + 1)] = names;
      continue;
    }
    let content = '';
    for await (const chunk of chunksOf(one.file)) content += chunk.toString();
    all[one.file.path.slice(folder.length + 1)] = content;
  }
  return all;
}

test('folders are walked in the order of their names, without what systems leave in them', async () => {
  write('in/b/1.txt', 'b1');
  write('in/a/2.txt', 'a2');
  write('in/나.txt'.normalize('NFD'), 'na');
  write('in/가.txt', 'ga');
  for (const name of ['.hidden', '.git/x.txt', 'Thumbs.db', '__MACOSX/._a', '.DS_Store'])
    write(`in/${name}`, '?');
  symlinkSync(at('in'), at('in/a/round'));
  symlinkSync(at('nowhere'), at('in/a/broken'));
  expect(Object.entries(await found('in'))).toEqual([
    ['in/가.txt', 'ga'],
    ['in/나.txt', 'na'],
    ['in/a/2.txt', 'a2'],
    ['in/b/1.txt', 'b1'],
  ]);
});

test('archives are opened by their content, however deep they lie in each other', async () => {
  const inner = { 'a.txt': 'A', 'sub/b.txt': 'B', '__MACOSX/._a.txt': '?', './c.txt': 'C' };
  const files = { 'a.txt': 'A', 'sub/b.txt': 'B' };
  write('in/1.zip', zipped({ 'stored.zip': zipped(inner) }, 0));
  write('in/2.bin', zipped({ 'deflated.zip': zipped(files) }));
  write('in/3.tar', tarred({ 'x/z.zip': zipped(files), 'x/t.tar': tarred(files), 'x/.hidden': '?' }));
  write('in/4.tar.gz', gzipSync(tarred({ ...files, '__MACOSX/a.txt': '?' })));
  write('in/5.zip', zipped({ 'pairs.tar.gz': gzipSync(tarred(files)), 'text.txt.gz': gzipSync('T') }));
  write('in/6.csv.gz', gzipSync('csv'));
  write('in/7.zip.gz', gzipSync(zipped(files)));
  const pairOf = (path: string) => ({ [`in/${path}/a.txt`]: 'A', [`in/${path}/sub/b.txt`]: 'B' });
  expect(await found('in')).toEqual({
    ...pairOf('1.zip/stored.zip'),
    'in/1.zip/stored.zip/./c.txt': 'C',
    ...pairOf('2.bin/deflated.zip'),
    ...pairOf('3.tar/x/z.zip'),
    ...pairOf('3.tar/x/t.tar'),
    ...pairOf('4.tar'),
    ...pairOf('5.zip/pairs.tar'),
    'in/5.zip/text.txt': 'T',
    'in/6.csv': 'csv',
    ...pairOf('7.zip'),
  });
});

test('parts are joined in folders, among inputs, in tars and in zips that pack them', async () => {
  const zip = zipped({ 'a.txt': 'A'.repeat(3000) }, 0);
  write('in/X.zip', zip);
  const parts = splitFile(at('in/X.zip'), 1000).map((path) => path.slice(folder.length + 1));
  const content = Object.fromEntries(parts.map((name) => [name.slice(3), readFileSync(at(name))]));
  write('t.tar', tarred(content));
  write('z.zip', zipped(content));
  expect(await found('in')).toEqual({ 'in/X.zip/a.txt': 'A'.repeat(3000) });
  expect(await found(...[...parts].reverse())).toEqual({ 'in/X.zip/a.txt': 'A'.repeat(3000) });
  expect(await found('t.tar')).toEqual({ 't.tar/X.zip/a.txt': 'A'.repeat(3000) });
  expect(await found('z.zip')).toEqual({ 'z.zip/X.zip/a.txt': 'A'.repeat(3000) });
  await expect(found(...parts.slice(0, -1))).rejects.toThrow(
    /X\.zip .*joined from X\.zip\.part0, X\.zip\.part1000, X\.zip\.part2000: check that none is missing/,
  );
});

test('spreadsheets stay whole, and so does what only says that it is one', async () => {
  write('in/a.xlsx', 'no zip at all');
  const book = zipped({ '[Content_Types].xml': '<x/>', 'xl/workbook.xml': '<x/>' });
  write('in/b.renamed', book);
  write('in/c.zip', zipped({ 'd.docx': zipped({ '[Content_Types].xml': '<x/>' }), 'e.XLSX': book }));
  const all = await found('in');
  expect(Object.keys(all)).toEqual(['in/a.xlsx', 'in/b.renamed', 'in/c.zip/d.docx', 'in/c.zip/e.XLSX']);
  expect(all['in/a.xlsx']).toBe('no zip at all');
});

test('many small JSON files of a zip or a folder are one set, and other files stand beside it', async () => {
  const names = Array.from({ length: 60 }, (_, i) => `${String(i).padStart(2, '0')}.json`);
  const small = Object.fromEntries(names.map((name) => [name, `{"name":"${name}"}`]));
  const big = JSON.stringify('가'.repeat(50_000));
  const clutter = Object.fromEntries(names.map((name) => [`__MACOSX/._${name}`, '?']));
  write('in/labels.zip', zipped({ ...small, ...clutter, 'big.json': big, 'read.me': 'R' }));
  // Tars of a Mac bring folders whose names are taken apart.
  const apart = '라벨링데이터'.normalize('NFD');
  for (const [name, content] of Object.entries(small)) {
    write(`in/${apart}/${name}`, content);
    write(`in/${apart}/._${name}`, '?');
  }
  write(`in/${apart}/big.json`, big);
  write(`in/${apart}/folder.json/few.json`, '{}');
  expect(await found('in')).toEqual({
    'in/labels.zip': names,
    'in/labels.zip/big.json': big,
    'in/labels.zip/read.me': 'R',
    'in/라벨링데이터': names,
    'in/라벨링데이터/big.json': big,
    'in/라벨링데이터/folder.json/few.json': '{}',
  });
});

test('what is missing, pretends to be an archive or hides in too many is refused', async () => {
  await expect(found('nowhere')).rejects.toThrow(CorpusError);
  await expect(found('nowhere')).rejects.toThrow(/nowhere cannot be read/);
  write('a.zip', 'this is no zip');
  await expect(found('a.zip')).rejects.toThrow(/a\.zip is not a sound zip archive/);
  let nested = zipped({ 'a.txt': 'A' });
  for (let depth = 1; depth < 4; depth++) nested = zipped({ 'n.zip': nested });
  write('deep.zip', nested);
  expect(await found('deep.zip')).toEqual({ 'deep.zip/n.zip/n.zip/n.zip/a.txt': 'A' });
  write('deeper.zip', zipped({ 'n.zip': nested }));
  await expect(found('deeper.zip')).rejects.toThrow(/lies in over 4 archives/);
});

test('a walk that is aborted ends with the abort', async () => {
  for (const name of ['a', 'b', 'c']) write(`in/${name}.txt`, name);
  const stop = new AbortController();
  const walk = async () => {
    for await (const _ of filesIn([at('in')], { scratch: at('scratch'), signal: stop.signal })) stop.abort();
  };
  await expect(walk()).rejects.toThrow(/abort/i);
});
