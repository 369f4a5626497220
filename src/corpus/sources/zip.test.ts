import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { zipWriter } from '../synthetic/zipWriter.ts';
import { chunksOf, openRandom } from './content.ts';
import type { StoredFile } from './storedFile.ts';
import { fileOnDisk } from './walk.ts';
import { nameOf, zipFiles, zipMembers } from './zip.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksd-zip-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const central = Buffer.from([0x50, 0x4b, 1, 2]);

function writeZip(
  name: string,
  entries: readonly (readonly [name: string, content: Buffer])[],
  level?: number,
) {
  const path = join(folder, name);
  const zip = zipWriter(path);
  for (const [entry, content] of entries) zip.add(entry, content, level === undefined ? {} : { level });
  zip.close();
  return path;
}

/** The bytes of the archive, changed. */
function patch(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}

async function filesOf(archive: StoredFile): Promise<StoredFile[]> {
  const access = await openRandom(archive, folder);
  try {
    const files: StoredFile[] = [];
    for await (const file of zipFiles(access, archive.segments, await zipMembers(access))) files.push(file);
    return files;
  } finally {
    await access.close();
  }
}

const open = (path: string) => filesOf(fileOnDisk(path, statSync(path).size));

async function contentOf(file: StoredFile): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(file)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test.each([0, 6])('files packed at level %i come back from where they lie in the archive', async (level) => {
  // Some lie close together and some far apart; one is empty.
  const sizes = [10, 20, 0, 200_000, 30, 70_000, 1];
  const entries = sizes.map((size, i) => [`폴더/${i}.txt`, Buffer.from(`${i}`.repeat(size))] as const);
  const path = writeZip(`level-${level}.zip`, [['폴더/', Buffer.alloc(0)], ...entries], level);
  const files = await open(path);
  expect(files.map((file) => file.path)).toEqual(entries.map(([name]) => `${path}/${name}`));
  for (const [i, file] of files.entries()) {
    expect(file.packing).toBe(level === 0 ? 'none' : 'deflate');
    expect(file.segments.every((segment) => segment.file === path)).toBe(true);
    expect(await contentOf(file)).toBe(`${i}`.repeat(sizes[i]!));
  }
});

test('headers are read many at a time', async () => {
  const entries = Array.from({ length: 2000 }, (_, i) => [`${i}.txt`, Buffer.from(`${i}`)] as const);
  const path = writeZip('many.zip', entries);
  const archive = fileOnDisk(path, statSync(path).size);
  const access = await openRandom(archive, folder);
  const members = await zipMembers(access);
  let reads = 0;
  const counting = {
    ...access,
    read: (position: number, length: number) => {
      reads++;
      return access.read(position, length);
    },
  };
  const files: StoredFile[] = [];
  for await (const file of zipFiles(counting, archive.segments, members)) files.push(file);
  await access.close();
  expect(reads).toBeLessThan(10);
  expect(await contentOf(files[1234]!)).toBe('1234');
});

test('files in a zip inside of a zip, and in one that is cut, are stretches of what is on the disk', async () => {
  const inner = readFileSync(writeZip('inner.zip', [['a.txt', Buffer.from('사과'.repeat(500))]], 0));
  const path = writeZip('outer.zip', [['inner.zip', inner]], 0);
  const [nested] = await open(path);
  const [file] = await filesOf(nested!);
  expect(file!.path).toBe(`${path}/inner.zip/a.txt`);
  expect(file!.segments[0]!.file).toBe(path);
  expect(await contentOf(file!)).toBe('사과'.repeat(500));

  const cut = 700;
  const parts = [inner.subarray(0, cut), inner.subarray(cut)].map((bytes, i) => {
    const part = join(folder, `inner.${i}`);
    writeFileSync(part, bytes);
    return { file: part, offset: 0, length: bytes.length };
  });
  const joined = { path: 'x.zip', segments: parts, packing: 'none' as const, size: inner.length };
  const [pieces] = await filesOf(joined);
  expect(pieces!.segments).toHaveLength(2);
  expect(await contentOf(pieces!)).toBe('사과'.repeat(500));
});

test('names are read in the encoding that they are in', () => {
  const none = Buffer.alloc(0);
  const cp949 = Buffer.from([0xc7, 0xd1, 0xb1, 0xdb, 0x2e, 0x74, 0x78, 0x74]);
  const field = (of: Buffer) => {
    const text = Buffer.from('한글.txt');
    const extra = Buffer.alloc(9);
    extra.writeUInt16LE(0x7075, 0);
    extra.writeUInt16LE(5 + text.length, 2);
    extra[4] = 1;
    extra.writeUInt32LE(crc32(of), 5);
    return Buffer.concat([Buffer.from([1, 0, 2, 0, 9, 9]), extra, text]);
  };
  const spelled = { name: Buffer.from('???.txt'), flags: 0 };
  expect(nameOf({ name: Buffer.from('한글.txt'), flags: 0x800, extra: none })).toBe('한글.txt');
  expect(nameOf({ name: Buffer.from('한글.txt'.normalize('NFD')), flags: 0, extra: none })).toBe('한글.txt');
  expect(nameOf({ name: cp949, flags: 0, extra: none })).toBe('한글.txt');
  expect(nameOf({ ...spelled, extra: field(spelled.name) })).toBe('한글.txt');
  // A field that speaks of another name was left behind when somebody renamed the file.
  expect(nameOf({ ...spelled, extra: field(cp949) })).toBe('???.txt');
  expect(nameOf({ name: Buffer.from([0xff, 0x41]), flags: 0, extra: none })).toBe('ÿA');
  expect(nameOf({ name: Buffer.from('a\\b.txt'), flags: 0, extra: none })).toBe('a/b.txt');
});

test('files that are encrypted, or packed in an unknown way, are named', async () => {
  const path = writeZip('locked.zip', [['비밀.txt', Buffer.from('a')]]);
  patch(path, (bytes) => bytes.writeUInt16LE(0x801, bytes.indexOf(central) + 8));
  await expect(open(path)).rejects.toThrow(/locked\.zip\/비밀\.txt is encrypted/);
  patch(path, (bytes) => {
    bytes.writeUInt16LE(0x800, bytes.indexOf(central) + 8);
    bytes.writeUInt16LE(14, bytes.indexOf(central) + 10);
  });
  await expect(open(path)).rejects.toThrow(/locked\.zip\/비밀\.txt is packed by method 14/);
});

test('files that share their bytes are refused', async () => {
  const path = writeZip('shared.zip', [
    ['a.txt', Buffer.from('a'.repeat(100))],
    ['b.txt', Buffer.from('b')],
  ]);
  patch(path, (bytes) => bytes.writeUInt32LE(20, bytes.lastIndexOf(central) + 42));
  await expect(open(path)).rejects.toThrow(/shared\.zip\/b\.txt is damaged: it overlaps/);
});

test('a header that is broken is named, and a missing end names the parts that there are', async () => {
  const path = writeZip('broken.zip', [['a.txt', Buffer.from('a'.repeat(100))]]);
  patch(path, (bytes) => bytes.fill(0, 0, 4));
  await expect(open(path)).rejects.toThrow(/broken\.zip\/a\.txt is damaged: its header/);
  writeFileSync(path, readFileSync(path).subarray(0, -10));
  const access = await openRandom(fileOnDisk(path, statSync(path).size), folder);
  const parts = ['x.zip.part0', 'x.zip.part4000'];
  await expect(zipMembers(access, parts)).rejects.toThrow(
    /x\.zip\.part0, x\.zip\.part4000: .*none is missing/,
  );
  await expect(zipMembers(access)).rejects.toThrow(/if it came in parts, check that none is missing/);
  await access.close();
});
