/**
 * The container of a PNG file: a signature, then chunks of a type, bytes and a checksum.
 *
 * Knows what a chunk is, not what any means. Source: W3C, "Portable Network Graphics (PNG) Specification
 * (Third Edition)", section 5.
 */
import { InputError } from '../errors.ts';

export interface Chunk {
  /** Four ASCII letters, such as IHDR; a capital first letter means that a reader must understand it. */
  readonly type: string;
  readonly data: Uint8Array;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Bytes of a chunk beside its data: length, type, checksum. */
const frame = 12;

/** zlib's crc32 entered Node after the oldest version that we support, hence this table. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 (ISO 3309), as PNG and zip use it. */
export function crc32(bytes: Iterable<number>): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = crcTable[(value ^ byte) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

/** The bytes of a PNG file with these chunks. */
export function joinChunks(chunks: readonly Chunk[]): Uint8Array {
  const size = chunks.reduce((total, { data }) => total + frame + data.length, signature.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(signature);
  let offset = signature.length;
  for (const { type, data } of chunks) {
    view.setUint32(offset, data.length);
    bytes.set(Buffer.from(type, 'latin1'), offset + 4);
    bytes.set(data, offset + 8);
    const end = offset + 8 + data.length;
    view.setUint32(end, crc32(bytes.subarray(offset + 4, end)));
    offset = end + 4;
  }
  return bytes;
}

/**
 * The chunks of a PNG file up to and including IEND; their data are views of `bytes`.
 * @throws InputError when the file is no PNG, cut off, or damaged
 */
export function splitChunks(bytes: Uint8Array): Chunk[] {
  if (signature.some((byte, i) => bytes[i] !== byte)) {
    throw new InputError('These bytes are no PNG file.', 'Give a picture in PNG format.');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  let offset = signature.length;
  while (chunks.at(-1)?.type !== 'IEND') {
    if (offset + frame > bytes.length || offset + frame + view.getUint32(offset) > bytes.length) {
      throw damaged('it ends in the middle');
    }
    const end = offset + 8 + view.getUint32(offset);
    const type = Buffer.from(bytes.subarray(offset + 4, offset + 8)).toString('latin1');
    if (crc32(bytes.subarray(offset + 4, end)) !== view.getUint32(end)) {
      throw damaged(`the checksum of its ${type} chunk is wrong`);
    }
    chunks.push({ type, data: bytes.subarray(offset + 8, end) });
    offset = end + 4;
  }
  return chunks;
}

/** The error for a PNG file that starts well and goes wrong. */
export function damaged(reason: string, cause?: unknown): InputError {
  return new InputError(
    `This PNG file is damaged: ${reason}.`,
    'Copy or download the picture again.',
    cause === undefined ? undefined : { cause },
  );
}
