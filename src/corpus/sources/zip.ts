/**
 * The files in a zip archive, as stretches of the archive itself.
 */
import { crc32 } from 'node:zlib';
import {
  localHeaderBytes,
  localHeaderLength,
  readZipDirectory,
  type ZipRecord,
} from '../../checkpoint/zip.ts';
import { CheckpointError, CorpusError } from '../../errors.ts';
import { damaged, type RandomAccess } from './content.ts';
import type { Segment, StoredFile } from './storedFile.ts';

/** A record with its name decoded and where its content begins. */
export interface ZipMember {
  readonly name: string;
  readonly record: ZipRecord;
}

/**
 * The files of an archive in the order in which they lie in it. `parts` are the names of those that it was joined from.
 * Throws CorpusError if it is damaged or a bomb.
 */
export async function zipMembers(archive: RandomAccess, parts?: readonly string[]): Promise<ZipMember[]> {
  const records = await readZipDirectory(archive).catch((error: Error) => {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CorpusError(
      error.problem,
      parts === undefined
        ? 'Download it again; if it came in parts, check that none is missing.'
        : `It was joined from ${parts.join(', ')}: check that none is missing.`,
      { cause: error },
    );
  });
  const members = records
    .map((record) => ({ name: nameOf(record), record }))
    .filter(({ name }) => !name.endsWith('/'));
  members.sort((a, b) => a.record.header - b.record.header);
  let end = 0;
  for (const { name, record } of members) {
    // Files that share their bytes are how a small archive unpacks to more than any disk holds (Fifield, 2019).
    if (record.header < end)
      throw damaged({ path: `${archive.path}/${name}` }, 'it overlaps another file of the archive');
    end = record.header + localHeaderBytes + record.packedSize;
  }
  return members;
}

/** Local headers that lie so close, in bytes, are read at once. */
const headersAtOnce = 2 ** 16;

/**
 * Members, in the order in which they lie, as stored files. `archive` reads what `segments`, the archive's own, hold.
 * Throws CorpusError for a file that is encrypted or packed in a way that is not known.
 */
export async function* zipFiles(
  archive: RandomAccess,
  segments: readonly Segment[],
  members: readonly ZipMember[],
): AsyncGenerator<StoredFile, void, void> {
  let headers: Buffer = Buffer.alloc(0);
  let first = 0;
  for (const [i, { name, record }] of members.entries()) {
    const path = `${archive.path}/${name}`;
    const packing = packingOf(path, record);
    if (record.header + localHeaderBytes > first + headers.length) {
      first = record.header;
      headers = await archive.read(first, lengthOfHeaders(members, i));
    }
    const length = localHeaderLength(headers.subarray(record.header - first));
    if (length === undefined) throw damaged({ path }, 'its header in the archive is broken');
    const stored = stretch(segments, record.header + length, record.packedSize);
    yield { path, segments: stored, packing, size: record.size };
  }
}

/** Bytes from the header of member `i` to the end of the last header that is to be read with it. */
function lengthOfHeaders(members: readonly ZipMember[], i: number): number {
  const first = members[i]!.record.header;
  let length = localHeaderBytes;
  for (let next = i + 1; next < members.length; next++) {
    const end = members[next]!.record.header + localHeaderBytes - first;
    if (end > headersAtOnce) break;
    length = end;
  }
  return length;
}

export function packingOf(path: string, { flags, method }: ZipRecord): 'none' | 'deflate' {
  if (flags & 1)
    throw new CorpusError(
      `${path} is encrypted.`,
      'Unpack the archive with its password and give the folder.',
    );
  if (method === 0) return 'none';
  if (method === 8) return 'deflate';
  throw new CorpusError(
    `${path} is packed by method ${method}, which is not known here.`,
    'Unpack the archive and give the folder.',
  );
}

/** The `length` bytes from `start` of what `segments` hold together. */
export function stretch(segments: readonly Segment[], start: number, length: number): Segment[] {
  const parts: Segment[] = [];
  let skip = start;
  let wanted = length;
  for (const segment of segments) {
    if (skip >= segment.length) {
      skip -= segment.length;
      continue;
    }
    if (wanted === 0) break;
    const taken = Math.min(wanted, segment.length - skip);
    parts.push({ file: segment.file, offset: segment.offset + skip, length: taken });
    skip = 0;
    wanted -= taken;
  }
  return parts;
}

const unicodePath = 0x7075;

/**
 * A name in an archive: UTF-8 where a flag says so, else the Unicode path that Info-ZIP adds, else CP949, which is what
 * Korean Windows writes, else Latin-1. NFC, with forward slashes.
 */
export function nameOf({ name, flags, extra }: Pick<ZipRecord, 'name' | 'flags' | 'extra'>): string {
  const text = flags & 0x800 ? name.toString('utf8') : (addedName(name, extra) ?? legacyName(name));
  return text.replaceAll('\\', '/').normalize('NFC');
}

/** The Info-ZIP Unicode Path field: version 1, CRC-32 of the name that it replaces, the name in UTF-8. */
function addedName(name: Buffer, extra: Buffer): string | undefined {
  for (let at = 0; at + 4 <= extra.length; ) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === unicodePath && end <= extra.length && end >= at + 9) {
      if (extra.readUInt32LE(at + 5) === crc32(name)) return extra.toString('utf8', at + 9, end);
    }
    at = end;
  }
  return undefined;
}

function legacyName(name: Buffer): string {
  // Many programs write UTF-8 without saying so; Korean in CP949 is hardly ever valid UTF-8.
  for (const encoding of ['utf-8', 'euc-kr']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(name);
    } catch {
      // Not this one.
    }
  }
  return name.toString('latin1');
}
