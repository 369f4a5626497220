/**
 * The text chunks of a PNG file: tEXt (Latin-1), zTXt (the same, compressed) and iTXt (UTF-8).
 *
 * Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", section 11.3.3.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { InputError } from '../errors.ts';
import { type Chunk, damaged } from './chunks.ts';

/** Printable Latin-1 without leading, trailing or double spaces, 1 to 79 characters. */
const keywordPattern = /^(?! )(?!.* $)(?!.* {2})[\x20-\x7e\xa1-\xff]{1,79}$/;

/** Texts beyond this many bytes of UTF-8 are compressed. */
const compressFrom = 4096;

/** What a decompressed text may take at most, so that a small file cannot fill the memory. */
const maxTextBytes = 2 ** 24;

/**
 * The chunk that holds a text: tEXt where Latin-1 suffices, else iTXt, which is what AUTOMATIC1111 (through
 * Pillow) does and reads.
 * @throws InputError when the keyword is not one that PNG allows
 */
export function textChunk(keyword: string, text: string): Chunk {
  if (!keywordPattern.test(keyword)) {
    throw new InputError(
      `${JSON.stringify(keyword)} is no keyword of a PNG text.`,
      'Use 1 to 79 printable Latin-1 characters without spaces at the ends.',
    );
  }
  const head = Buffer.from(keyword, 'latin1');
  if (fitsLatin1(text)) {
    return { type: 'tEXt', data: Buffer.concat([head, Buffer.of(0), Buffer.from(text, 'latin1')]) };
  }
  const utf8 = Buffer.from(text, 'utf8');
  const compressed = utf8.length >= compressFrom;
  // Separator, compressed or not, method 0, then empty language tag and translated keyword with theirs.
  const flags = Buffer.of(0, compressed ? 1 : 0, 0, 0, 0);
  return { type: 'iTXt', data: Buffer.concat([head, flags, compressed ? deflateSync(utf8) : utf8]) };
}

/**
 * Keyword and text of a text chunk; undefined for chunks of other types.
 * @throws InputError when the text is damaged
 */
export function textEntry({ type, data }: Chunk): [keyword: string, text: string] | undefined {
  if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') return undefined;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const end = separator(bytes, 0);
  const keyword = bytes.toString('latin1', 0, end);
  if (type === 'tEXt') return [keyword, bytes.toString('latin1', end + 1)];
  if (type === 'zTXt') return [keyword, inflate(bytes.subarray(end + 2)).toString('latin1')];
  const language = separator(bytes, end + 3);
  const start = separator(bytes, language + 1) + 1;
  const body = bytes.subarray(start);
  return [keyword, (bytes[end + 1] === 1 ? inflate(body) : body).toString('utf8')];
}

/** Whether tEXt can hold the text: NUL is what separates it from the keyword. */
function fitsLatin1(text: string): boolean {
  return Array.from(text).every((character) => character > '\0' && character <= '\xff');
}

function separator(bytes: Buffer, from: number): number {
  const index = bytes.indexOf(0, from);
  if (index < 0) throw damaged('a text chunk is cut off');
  return index;
}

function inflate(bytes: Buffer): Buffer {
  try {
    return inflateSync(bytes, { maxOutputLength: maxTextBytes });
  } catch (error) {
    throw damaged('a text chunk cannot be unpacked', error);
  }
}
