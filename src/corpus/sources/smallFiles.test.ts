import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { zipWriter } from '../synthetic/zipWriter.ts';
import { readSmallFiles } from './smallFiles.ts';
import type { SmallFile, SmallFileSet } from './storedFile.ts';
import { fileOnDisk } from './walk.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksd-small-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, 'labels.zip');
const local = Buffer.from([0x50, 0x4b, 3, 4]);
const central = Buffer.from([0x50, 0x4b, 1, 2]);

function writeZip(files: readonly (readonly [name: string, content: string | Buffer])[], level = 6): void {
  const zip = zipWriter(path());
  for (const [name, content] of files) zip.add(name, content, { level });
  zip.close();
}

/** The place of the `n`-th header of a kind, from 0. */
function headerAt(bytes: Buffer, kind: Buffer, n: number): number {
  let at = bytes.indexOf(kind);
  for (let i = 0; i < n; i++) at = bytes.indexOf(kind, at + 4);
  return at;
}

function zipSet(count: number): SmallFileSet {
  return { path: path(), count, archive: fileOnDisk(path(), statSync(path()).size) };
}

async function read(set: SmallFileSet, onBytes: (count: number) => void = () => {}): Promise<SmallFile[]> {
  const all: SmallFile[] = [];
  for await (const batch of readSmallFiles(set, { scratch: folder, onBytes })) all.push(...batch);
  return all;
}

const sentence = (i: number) =>
  JSON.stringify({ ID: `${i}`, 원문: `문장 ${i * 7919}`, 최종번역문: `sentence ${i}` });

test.each([0, 6])(
  'files packed at level %i come in the order in which they lie, each whole',
  async (level) => {
    const count = 30_000;
    writeZip(
      Array.from({ length: count }, (_, i) => [`TL_${i}.json`, sentence(i)] as const),
      level,
    );
    let bytes = 0;
    const files = await read(zipSet(count), (more) => {
      bytes += more;
    });
    expect(files).toHaveLength(count);
    expect(
      files.findIndex(({ name, bytes }, i) => name !== `TL_${i}.json` || bytes.toString() !== sentence(i)),
    ).toBe(-1);
    expect(files.some(({ problem }) => problem !== undefined)).toBe(false);
    expect(bytes).toBeGreaterThan(count * 30);
  },
);

test('small files are found between large ones', async () => {
  const large = Buffer.from(Array.from({ length: 900_000 }, (_, i) => (i * 2654435761) >>> 24));
  const files = Array.from({ length: 12 }, (_, i) => [`${i}.json`, sentence(i)] as const);
  writeZip(files.flatMap((file, i) => [file, [`${i}.png`, large] as const]));
  const found = await read(zipSet(12));
  expect(found.map(({ bytes }) => bytes.toString())).toEqual(files.map(([, content]) => content));
});

test('a file that is damaged comes with its problem, and the others come as ever', async () => {
  writeZip(Array.from({ length: 8 }, (_, i) => [`${i}.json`, sentence(i)] as const));
  const bytes = readFileSync(path());
  const nameLength = '0.json'.length;
  bytes.fill(0xff, headerAt(bytes, local, 1) + 30 + nameLength, headerAt(bytes, local, 1) + 45 + nameLength);
  bytes.writeUInt32LE(5, headerAt(bytes, central, 2) + 24);
  bytes.writeUInt32LE(5000, headerAt(bytes, central, 3) + 24);
  bytes.writeUInt16LE(0x801, headerAt(bytes, central, 4) + 8);
  bytes.writeUInt16LE(14, headerAt(bytes, central, 5) + 10);
  bytes.fill(0, headerAt(bytes, local, 6), headerAt(bytes, local, 6) + 4);
  writeFileSync(path(), bytes);
  const files = await read(zipSet(8));
  const damaged = files.filter(({ problem }) => problem !== undefined);
  expect(damaged.map(({ name }) => name)).toEqual([
    '1.json',
    '2.json',
    '3.json',
    '4.json',
    '5.json',
    '6.json',
  ]);
  expect(damaged.every((file) => file.bytes.length === 0)).toBe(true);
  expect(damaged[2]!.problem).toMatch(/labels\.zip\/3\.json .*should have 5000 bytes/);
  expect(damaged[3]!.problem).toMatch(/encrypted/);
  expect(damaged[4]!.problem).toMatch(/method 14/);
  expect(files[0]!.bytes.toString()).toBe(sentence(0));
  expect(files[7]!.bytes.toString()).toBe(sentence(7));
});

test('a file whose header in the archive is longer than any should be is read all the same', async () => {
  const packed = deflateRawSync(Buffer.from(sentence(1)));
  const extra = Buffer.alloc(5000);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(6, 26);
  header.writeUInt16LE(extra.length, 28);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt32LE(Buffer.byteLength(sentence(1)), 24);
  entry.writeUInt16LE(6, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(52, 12);
  end.writeUInt32LE(36 + extra.length + packed.length, 16);
  const name = Buffer.from('1.json');
  writeFileSync(path(), Buffer.concat([header, name, extra, packed, entry, name, end]));
  const [file] = await read(zipSet(1));
  expect(file).toEqual({ name: '1.json', bytes: Buffer.from(sentence(1)) });
});

test('files of a folder come by name, and one that cannot be read with its problem', async () => {
  const names = Array.from({ length: 600 }, (_, i) => `${String(i).padStart(3, '0')}.json`);
  for (const [i, name] of names.entries()) writeFileSync(join(folder, name), sentence(i));
  for (const other of ['._000.json', 'a.txt']) writeFileSync(join(folder, other), '?');
  writeFileSync(join(folder, 'large.json'), Buffer.alloc(100_000, ' '));
  mkdirSync(join(folder, 'x.json'));
  let bytes = 0;
  const set = { path: folder, count: 600, archive: undefined };
  const files = await read(set, (count) => {
    bytes += count;
  });
  expect(files.map(({ name }) => name)).toEqual(names);
  expect(files.every((file, i) => file.bytes.toString() === sentence(i))).toBe(true);
  expect(bytes).toBe(files.reduce((sum, file) => sum + file.bytes.length, 0));
  const reading = readSmallFiles(set, { scratch: folder });
  await reading.next();
  rmSync(join(folder, '599.json'));
  const rest: SmallFile[] = [];
  for await (const batch of reading) rest.push(...batch);
  expect(rest.at(-1)).toMatchObject({ name: '599.json', problem: expect.stringMatching(/ENOENT/) as string });
});

test('reading that is aborted ends with the abort', async () => {
  writeZip([['0.json', sentence(0)]]);
  await expect(
    (async () => {
      const signal = AbortSignal.abort();
      for await (const _ of readSmallFiles(zipSet(1), { scratch: folder, signal }));
    })(),
  ).rejects.toThrow(/abort/i);
});
