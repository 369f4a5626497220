/**
 * Where the files inside a zip archive begin (APPNOTE.TXT of PKWARE, with the zip64 extension).
 *
 * Only that: PyTorch stores tensors in a zip without compression, corpora lie in zips inside of zips, and both are read
 * in place, while the archive readers for Node hand out contents, not places. Decompresses nothing.
 */
import { CheckpointError } from '../errors.ts';
import type { OpenFile } from './file.ts';
import { shownText } from './shown.ts';

export interface ZipEntry {
  readonly name: string;
  /** Whether the bytes in the archive are the file's own: neither compressed nor encrypted. */
  readonly stored: boolean;
  /** First byte of the content, counted from the start of the archive. */
  readonly offset: number;
  /** Bytes that the content takes in the archive. */
  readonly byteLength: number;
}

interface Directory {
  readonly offset: number;
  readonly byteLength: number;
  readonly entryCount: number;
}

const endSignature = 0x06054b50;
const end64LocatorSignature = 0x07064b50;
const end64Signature = 0x06064b50;
const centralSignature = 0x02014b50;
const localSignature = 0x04034b50;
const zip64Field = 0x0001;

/** A file as the archive's directory describes it. */
export interface ZipRecord {
  /** As stored: `flags` and `extra` say in which encoding. */
  readonly name: Buffer;
  /** General purpose bits: 0 is set for encrypted content, 11 for a name in UTF-8. */
  readonly flags: number;
  /** 0 for stored, 8 for deflated. */
  readonly method: number;
  /** Bytes that the content takes in the archive, and unpacked. */
  readonly packedSize: number;
  readonly size: number;
  /** First byte of the local header, which stands before the content. */
  readonly header: number;
  readonly extra: Buffer;
}

/** Anything that bytes can be read from, at any place. */
export type ByteReader = Pick<OpenFile, 'path' | 'size' | 'read'>;

/** All files of the archive, in the order of its directory. Throws CheckpointError if it is damaged. */
export async function readZipEntries(file: ByteReader): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  for (const record of await readZipDirectory(file)) {
    const name = record.name.toString('utf8');
    const plain = record.method === 0 && (record.flags & 1) === 0;
    const offset = await contentStart(file, record.header, name);
    if (offset + record.packedSize > file.size) throw damaged(file, `${shownText(name)} lies outside`);
    const stored = plain && record.size === record.packedSize;
    entries.push({ name, stored, offset, byteLength: record.packedSize });
  }
  return entries;
}

/** The archive's directory. Throws CheckpointError if it is damaged. */
export async function readZipDirectory(file: ByteReader): Promise<ZipRecord[]> {
  const directory = await findDirectory(file);
  if (directory.offset + directory.byteLength > file.size) throw damaged(file, 'its directory lies outside');
  const bytes = await file.read(directory.offset, directory.byteLength);
  const records: ZipRecord[] = [];
  for (let at = 0; records.length < directory.entryCount; ) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== centralSignature) {
      throw damaged(file, `entry ${records.length} of its directory is broken`);
    }
    const nameEnd = at + 46 + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    if (extraEnd > bytes.length) throw damaged(file, `entry ${records.length} of its directory is cut off`);
    const name = bytes.subarray(at + 46, nameEnd);
    const extra = bytes.subarray(nameEnd, extraEnd);
    const [size, packedSize, header] = wideFields(bytes, at, extra);
    if (header + localHeaderBytes + packedSize > directory.offset) {
      throw damaged(file, `${shownText(name.toString('utf8'))} lies outside`);
    }
    const [flags, method] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)];
    records.push({ name, flags, method, packedSize, size, header, extra });
    at = extraEnd + bytes.readUInt16LE(at + 32);
  }
  return records;
}

/** The directory is found from the end: the last record names its place. */
async function findDirectory(file: ByteReader): Promise<Directory> {
  const tail = await file.read(Math.max(0, file.size - 65557), Math.min(file.size, 65557));
  let at = tail.length - 22;
  while (at >= 0 && !(tail.readUInt32LE(at) === endSignature && endsAt(tail, at))) at--;
  if (at < 0) throw damaged(file, 'the record at its end is missing: it is truncated');
  if (at >= 20 && tail.readUInt32LE(at - 20) === end64LocatorSignature) {
    return readDirectory64(file, Number(tail.readBigUInt64LE(at - 12)));
  }
  return {
    entryCount: tail.readUInt16LE(at + 10),
    byteLength: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
}

function endsAt(tail: Buffer, at: number): boolean {
  return at + 22 + tail.readUInt16LE(at + 20) === tail.length;
}

async function readDirectory64(file: ByteReader, at: number): Promise<Directory> {
  if (at + 56 > file.size) throw damaged(file, 'its zip64 record lies outside');
  const record = await file.read(at, 56);
  if (record.readUInt32LE(0) !== end64Signature) throw damaged(file, 'its zip64 record is broken');
  return {
    entryCount: Number(record.readBigUInt64LE(32)),
    byteLength: Number(record.readBigUInt64LE(40)),
    offset: Number(record.readBigUInt64LE(48)),
  };
}

/** Full length, length in the archive and place of the local header, which zip64 moves to the extra field. */
function wideFields(bytes: Buffer, at: number, extra: Buffer): [number, number, number] {
  const narrow = [24, 20, 42].map((place) => bytes.readUInt32LE(at + place)) as [number, number, number];
  for (let i = 0; i + 4 <= extra.length; i += 4 + extra.readUInt16LE(i + 2)) {
    if (extra.readUInt16LE(i) !== zip64Field) continue;
    const field = extra.subarray(i + 4, i + 4 + extra.readUInt16LE(i + 2));
    let next = 0;
    return narrow.map((value) => {
      if (value !== 0xffffffff || next + 8 > field.length) return value;
      next += 8;
      return Number(field.readBigUInt64LE(next - 8));
    }) as [number, number, number];
  }
  return narrow;
}

/** Bytes of a local header before its name. */
export const localHeaderBytes = 30;

/**
 * Where content begins after the local header that `bytes` begin with; undefined if they do not. It repeats the name and
 * has an extra field of its own length: only it tells.
 */
export function localHeaderLength(bytes: Buffer): number | undefined {
  if (bytes.length < localHeaderBytes || bytes.readUInt32LE(0) !== localSignature) return undefined;
  return localHeaderBytes + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
}

async function contentStart(file: ByteReader, header: number, name: string): Promise<number> {
  if (header + localHeaderBytes > file.size) throw damaged(file, `${shownText(name)} lies outside`);
  const length = localHeaderLength(await file.read(header, localHeaderBytes));
  if (length === undefined) throw damaged(file, `the header of ${shownText(name)} is broken`);
  return header + length;
}

function damaged(file: ByteReader, what: string): CheckpointError {
  return new CheckpointError(`${file.path} is not a sound zip archive: ${what}.`, 'Download it again.');
}
