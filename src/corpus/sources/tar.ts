/**
 * The files in a tar archive (POSIX ustar and pax, with GNU's long names), as stretches of the archive itself.
 */
import { damaged, type RandomAccess } from './content.ts';
import type { Segment, StoredFile } from './storedFile.ts';
import { stretch } from './zip.ts';

const block = 512;

/** Whether the beginning of a file is that of a tar. */
export function isTar(head: Buffer): boolean {
  return (
    head.length >= block &&
    head.toString('latin1', 257, 262) === 'ustar' &&
    checksumFits(head.subarray(0, block))
  );
}

/** What headers of their own say of the file that follows. */
interface Extended {
  readonly longName?: string;
  readonly pax?: ReadonlyMap<string, string>;
}

/** Throws CorpusError naming the archive where it is damaged or cut off. */
export async function* tarFiles(
  archive: RandomAccess,
  segments: readonly Segment[],
): AsyncGenerator<StoredFile, void, void> {
  let extended: Extended = {};
  let at = 0;
  while (at < archive.size) {
    if (at + block > archive.size) throw damaged(archive, 'it is cut off');
    const header = await archive.read(at, block);
    if (header.every((byte) => byte === 0)) return;
    const type = header.toString('latin1', 156, 157);
    const own = extendedTypes.has(type) ? undefined : extended.pax?.get('size');
    const size = own === undefined ? sizeIn(header) : Number(own);
    if (!checksumFits(header) || !Number.isSafeInteger(size) || size < 0) {
      throw damaged(archive, `its header at byte ${at} is broken`);
    }
    const start = at + block;
    if (start + size > archive.size) throw damaged(archive, 'it is cut off');
    at = start + Math.ceil(size / block) * block;
    if (extendedTypes.has(type)) {
      extended = { ...extended, ...(await extendedBy(archive, type, start, size)) };
      continue;
    }
    // Types 0 and NUL are ordinary files.
    if (type === '0' || type === '\0') {
      const name = extended.pax?.get('path') ?? extended.longName ?? nameIn(header);
      const path = `${archive.path}/${name.normalize('NFC').replace(/^(\.?\/)+/, '')}`;
      yield { path, segments: stretch(segments, start, size), packing: 'none', size };
    }
    extended = {};
  }
  // Some programs leave out the blocks of zeroes at the end, but none ends within a block.
  if (at > archive.size) throw damaged(archive, 'it is cut off');
}

/** GNU's long names (L) and targets of links (K), records of pax for a file (x) and for all that follow (g). */
const extendedTypes: ReadonlySet<string> = new Set('LKxg');
/** A name, or records of one file, of more bytes is made to fill the memory. */
const mostExtended = 2 ** 20;

async function extendedBy(
  archive: RandomAccess,
  type: string,
  start: number,
  size: number,
): Promise<Extended> {
  if (type === 'K' || type === 'g') return {};
  if (size > mostExtended) throw damaged(archive, `its header at byte ${start - block} is broken`);
  const bytes = await archive.read(start, size);
  return type === 'L' ? { longName: textOf(bytes) } : { pax: paxRecords(bytes) };
}

/** The sum of the header's bytes, with its own field counted as spaces. */
function checksumFits(header: Buffer): boolean {
  let sum = 0;
  for (let i = 0; i < block; i++) sum += i >= 148 && i < 156 ? 0x20 : header[i]!;
  return sum === octal(header.subarray(148, 156));
}

function octal(field: Buffer): number {
  return Number.parseInt(textOf(field).trim() || '0', 8);
}

/** Octal, or, where that is too short, base 256 with the first bit set. */
function sizeIn(header: Buffer): number {
  const field = header.subarray(124, 136);
  if ((field[0]! & 0x80) === 0) return octal(field);
  return field.subarray(1).reduce((size, byte) => size * 256 + byte, 0);
}

function nameIn(header: Buffer): string {
  const name = textOf(header.subarray(0, 100));
  // GNU's own magic has a blank where POSIX has the version, and other things in the place of the prefix.
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? textOf(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

/** Records of "length key=value\n", the length counting all of them. */
function paxRecords(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 12), 10);
    if (!(length > 0)) break;
    const [, key, value] = /^\d+ ([^=]*)=([\s\S]*)\n$/.exec(bytes.toString('utf8', at, at + length)) ?? [];
    if (key !== undefined) records.set(key, value!);
    at += length;
  }
  return records;
}
