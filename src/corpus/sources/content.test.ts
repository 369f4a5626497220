import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CorpusError } from '../../errors.ts';
import { type ContentOptions, chunksOf, headOf, onDisk, openRandom } from './content.ts';
import type { StoredFile } from './storedFile.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksd-content-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lines that differ, so that they do not shrink like a bomb. */
const text = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `${i} 빨간 사과 ${i * 7919}\n`).join(''));
const packers = { none: (bytes: Buffer) => bytes, deflate: deflateRawSync, gzip: gzipSync };
const packings = ['none', 'deflate', 'gzip'] as const;

let written = 0;
/** `stored` on the disk, cut at the places into files that have other bytes before and after them. */
function inPieces(
  stored: Buffer,
  places: readonly number[],
  packing: StoredFile['packing'],
  size = text.length,
): StoredFile {
  const ends = [...places].sort((a, b) => a - b);
  const segments = [0, ...ends].map((start, i) => {
    const piece = stored.subarray(start, ends[i] ?? stored.length);
    const file = join(folder, `piece-${written++}`);
    writeFileSync(file, Buffer.concat([Buffer.alloc(i, 'x'), piece, Buffer.from('y')]));
    return { file, offset: i, length: piece.length };
  });
  return { path: 'corpus.zip/a.txt', segments, packing, size };
}

async function contentOf(file: StoredFile, options?: ContentOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of chunksOf(file, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test.each(packings)('content packed by %s comes back over the pieces of its archive', async (packing) => {
  const stored = packers[packing](text);
  let bytes = 0;
  const file = inPieces(stored, [1, 1, 1000, stored.length - 3], packing);
  const content = await contentOf(file, {
    onBytes: (count) => {
      bytes += count;
    },
  });
  expect(content.equals(text)).toBe(true);
  expect(bytes).toBe(stored.length);
});

test.each(packings)('content packed by %s that is cut off is named as damaged', async (packing) => {
  const stored = packers[packing](text);
  const cut = inPieces(stored.subarray(0, -500), [2000], packing);
  await expect(contentOf(cut)).rejects.toThrow(CorpusError);
  await expect(contentOf(cut)).rejects.toThrow(/corpus\.zip\/a\.txt is damaged/);
});

test.each(['deflate', 'gzip'] as const)('broken bytes packed by %s are named as damaged', async (packing) => {
  const stored = Buffer.from(packers[packing](text));
  stored.fill(0xff, 5000, 5100);
  await expect(contentOf(inPieces(stored, [], packing))).rejects.toThrow(/corpus\.zip\/a\.txt is damaged/);
});

test('a file on the disk that became shorter is damaged, and one that went is unreadable', async () => {
  const file = inPieces(text, [], 'none');
  writeFileSync(file.segments[0]!.file, text.subarray(0, 100));
  await expect(contentOf(file)).rejects.toThrow(/is damaged: it ends early/);
  rmSync(file.segments[0]!.file);
  await expect(contentOf(file)).rejects.toThrow(CorpusError);
});

test('content that unpacks to more than its archive says stops there', async () => {
  const file = inPieces(deflateRawSync(text), [], 'deflate', 1000);
  let bytes = 0;
  const reading = async () => {
    for await (const chunk of chunksOf(file)) bytes += chunk.length;
  };
  await expect(reading()).rejects.toThrow(/unpacks to over 1000 bytes/);
  expect(bytes).toBe(0);
});

test('content that unpacks to hundreds of times its size is refused', async () => {
  const size = 2 ** 27;
  const bomb = inPieces(gzipSync(Buffer.alloc(size)), [], 'gzip', size);
  await expect(contentOf(bomb)).rejects.toThrow(/over 200 times its size/);
});

test('reading that is aborted ends with the abort', async () => {
  const stop = new AbortController();
  const reading = async () => {
    for await (const _ of chunksOf(inPieces(text, [], 'none'), { signal: stop.signal })) stop.abort();
  };
  await expect(reading()).rejects.toThrow(/abort/i);
});

test('a head is the beginning of the content, and all of it where that is shorter', async () => {
  for (const packing of packings) {
    const file = inPieces(packers[packing](text), [50], packing);
    expect((await headOf(file, 1000)).equals(text.subarray(0, 1000))).toBe(true);
    const short = inPieces(packers[packing](text.subarray(0, 99)), [9], packing, 99);
    expect((await headOf(short)).equals(text.subarray(0, 99))).toBe(true);
  }
});

test('any stretch is read at random as it stands in the content, wherever its pieces are cut', async () => {
  const small = text.subarray(0, 3000);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3000), { maxLength: 5 }),
      fc.constantFrom(...packings),
      fc.nat(3000),
      fc.nat(3000),
      async (places, packing, a, b) => {
        const stored = packers[packing](small);
        const file = inPieces(
          stored,
          places.map((place) => place % stored.length),
          packing,
          small.length,
        );
        const access = await openRandom(file, folder);
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        expect(access.size).toBe(small.length);
        expect((await access.read(start, end - start)).equals(small.subarray(start, end))).toBe(true);
        await expect(access.read(start, small.length - start + 1)).rejects.toThrow(CorpusError);
        await access.close();
      },
    ),
    { numRuns: 40 },
  );
});

test('a whole file of the disk is given by its own path, anything else is copied', async () => {
  const path = join(folder, 'whole.parquet');
  writeFileSync(path, text);
  const whole = { path, segments: [{ file: path, offset: 0, length: text.length }], size: text.length };
  expect(await onDisk({ ...whole, packing: 'none' }, folder)).toBe(path);
  for (const packing of packings) {
    const copied = await onDisk(inPieces(packers[packing](text), [77], packing), folder);
    expect(readFileSync(copied).equals(text)).toBe(true);
  }
});
