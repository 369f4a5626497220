import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chunksOf, openRandom } from './content.ts';
import type { StoredFile } from './storedFile.ts';
import { isTar, tarFiles } from './tar.ts';
import { fileOnDisk } from './walk.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ksd-tar-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Header {
  readonly type?: string;
  readonly prefix?: string;
  readonly magic?: string;
  /** In the place of the octal digits of the size. */
  readonly sizeField?: Buffer;
}

/** A header and its content, padded. */
function member(name: string, content: Buffer | string, more: Header = {}): Buffer {
  const { type = '0', prefix = '', magic = 'ustar\x0000', sizeField } = more;
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  Buffer.from(name).copy(header, 0, 0, 100);
  const digits = Buffer.from(`${bytes.length.toString(8).padStart(11, '0')}\0`);
  (sizeField ?? digits).copy(header, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(magic, 257, 'latin1');
  Buffer.from(prefix).copy(header, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

const end = Buffer.alloc(1024);

async function filesOf(blocks: readonly Buffer[]): Promise<StoredFile[]> {
  const path = join(folder, 'a.tar');
  const bytes = Buffer.concat(blocks);
  writeFileSync(path, bytes);
  const archive = fileOnDisk(path, bytes.length);
  const access = await openRandom(archive, folder);
  try {
    const files: StoredFile[] = [];
    for await (const file of tarFiles(access, archive.segments)) files.push(file);
    return files;
  } finally {
    await access.close();
  }
}

async function listing(blocks: readonly Buffer[]): Promise<[name: string, content: string][]> {
  const found: [string, string][] = [];
  for (const file of await filesOf(blocks)) {
    let content = '';
    for await (const chunk of chunksOf(file)) content += chunk.toString();
    found.push([file.path.slice(join(folder, 'a.tar').length + 1), content]);
  }
  return found;
}

/** The record's length counts its own digits. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  const length = [2, 3].map((digits) => rest + digits).find((sum) => `${sum}`.length + rest === sum)!;
  return `${length} ${key}=${value}\n`;
}

test('files are found under their names in every way of writing long ones', async () => {
  const long = `${'가'.repeat(60)}/말뭉치.json`;
  const nfd = '말뭉치.json'.normalize('NFD');
  expect(
    await listing([
      member('./폴더', '', { type: '5' }),
      member('./폴더/a.txt', 'A'.repeat(600)),
      member('empty.txt', ''),
      member('b.txt', 'B', { prefix: 'over/hundred' }),
      // GNU's own headers have times where POSIX has the prefix.
      member('c.txt', 'C', { prefix: '12345670123', magic: 'ustar  \0' }),
      member('././@LongLink', `${long}\0`, { type: 'L' }),
      member(long, 'D'),
      member('pax', record('path', long) + record('mtime', '1.5'), { type: 'x' }),
      member('short', 'E'),
      member(nfd, 'F'),
      member('link', '', { type: '2' }),
      end,
    ]),
  ).toEqual([
    ['폴더/a.txt', 'A'.repeat(600)],
    ['empty.txt', ''],
    ['over/hundred/b.txt', 'B'],
    ['c.txt', 'C'],
    [long, 'D'],
    [long, 'E'],
    ['말뭉치.json', 'F'],
  ]);
});

test('sizes are read in base 256 and from pax, which speak of the file and not of headers between', async () => {
  const wide = Buffer.alloc(12);
  wide[0] = 0x80;
  wide.writeUInt16BE(700, 10);
  const none = Buffer.from('00000000000\0');
  expect(
    await listing([
      member('wide', 'w'.repeat(700), { sizeField: wide }),
      member('pax', record('size', '5'), { type: 'x' }),
      member('././@LongLink', 'named\0', { type: 'L' }),
      member('short', '12345', { sizeField: none }),
      member('pax', record('comment', 'of all that follow'), { type: 'g' }),
      member('last', 'l'),
      end,
    ]),
  ).toEqual([
    ['wide', 'w'.repeat(700)],
    ['named', '12345'],
    ['last', 'l'],
  ]);
});

test('an archive that is cut off is refused, unless only the zeroes at its end are missing', async () => {
  const all = Buffer.concat([member('a', 'A'.repeat(1000)), member('b', 'B'.repeat(1000))]);
  expect(await filesOf([all])).toHaveLength(2);
  for (const length of [all.length - 1, all.length - 600, all.length - 1536 - 100]) {
    await expect(filesOf([all.subarray(0, length)])).rejects.toThrow(/a\.tar is damaged: it is cut off/);
  }
});

test('a header that is broken is refused with its place', async () => {
  const bytes = Buffer.concat([member('a', 'A'), member('b', 'B'), end]);
  bytes[1024] = 0x7a;
  await expect(filesOf([bytes])).rejects.toThrow(/a\.tar is damaged: its header at byte 1024/);
  const nonsense = Buffer.from('what size?\0\0');
  await expect(filesOf([member('a', '', { sizeField: nonsense }), end])).rejects.toThrow(/byte 0 is broken/);
  await expect(
    filesOf([member('pax', record('size', 'x'), { type: 'x' }), member('a', 'A'), end]),
  ).rejects.toThrow(/byte 1024 is broken/);
  await expect(
    filesOf([member('././@LongLink', Buffer.alloc(2 ** 21, 'a'), { type: 'L' }), end]),
  ).rejects.toThrow(/byte 0 is broken/);
});

test('a tar is told by its mark and its checksum', () => {
  const bytes = member('a', 'A');
  expect(isTar(bytes)).toBe(true);
  expect(isTar(bytes.subarray(0, 500))).toBe(false);
  bytes[0] = 0x7a;
  expect(isTar(bytes)).toBe(false);
});
