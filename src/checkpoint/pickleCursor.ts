/**
 * The numbers, texts and bytes between the operations of a pickle, and the complaint where they end too early.
 *
 * Knows no operation.
 */
import { CheckpointError } from '../errors.ts';

/** A place in a pickle. */
export interface Cursor {
  readonly bytes: Buffer;
  /** The file, for messages. */
  readonly source: string;
  at: number;
}

/** The longest number that state dicts hold is a magic one of ten bytes. */
const longestInteger = 256;

/** The complaint about a pickle, in the words that all of them share. */
export function damaged({ source }: { readonly source: string }, what: string): CheckpointError {
  return new CheckpointError(
    `${source} cannot be read as a PyTorch state dict: ${what}.`,
    'Download it again, or use its safetensors form.',
  );
}

/** The next `length` bytes. */
export function take(cursor: Cursor, length: number): Buffer {
  const { bytes, at } = cursor;
  if (!(at + length <= bytes.length)) throw damaged(cursor, 'its pickle ends in the middle');
  cursor.at = at + length;
  return bytes.subarray(at, at + length);
}

export const uint8 = (cursor: Cursor) => take(cursor, 1).readUInt8();
export const uint16 = (cursor: Cursor) => take(cursor, 2).readUInt16LE();
export const uint32 = (cursor: Cursor) => take(cursor, 4).readUInt32LE();
export const uint64 = (cursor: Cursor) => Number(take(cursor, 8).readBigUInt64LE());

/** The text up to the next line feed, which is left out. */
export function line(cursor: Cursor): string {
  const end = cursor.bytes.indexOf(0x0a, cursor.at);
  if (end < 0) throw damaged(cursor, 'its pickle ends in the middle');
  const text = take(cursor, end - cursor.at).toString('utf8');
  cursor.at++;
  return text;
}

/** A little-endian two's complement integer of `length` bytes. */
export function longInteger(cursor: Cursor, length: number): number | bigint {
  if (length > longestInteger) throw damaged(cursor, `its pickle has a number of ${length} bytes`);
  const bytes = take(cursor, length);
  const digits = Buffer.from(bytes).reverse().toString('hex');
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x0${digits}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
