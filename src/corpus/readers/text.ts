/**
 * Bytes to text, in the encodings that Korean corpora come in, and text to lines.
 */
import { isUtf8 } from 'node:buffer';
import { chunksOf } from '../sources/content.ts';
import type { StoredFile } from '../sources/storedFile.ts';
import type { ReadOptions } from './reader.ts';

/**
 * The encoding of a text that begins with `head`: as its byte order mark says; else UTF-8 where the bytes are that;
 * else CP949, which Korean Windows writes.
 */
export function encodingOf(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  // The head may end within a character, of up to four bytes.
  for (let cut = 0; cut < 4; cut++) if (isUtf8(head.subarray(0, head.length - cut))) return 'utf-8';
  return 'euc-kr';
}

/** The text of a head, without its byte order mark. */
export function decodeHead(head: Buffer): string {
  return new TextDecoder(encodingOf(head)).decode(head, { stream: true });
}

/** The content as text, without byte order mark; bytes that are none become U+FFFD. Throws as `chunksOf` does. */
export async function* textOf(file: StoredFile, options: ReadOptions): AsyncGenerator<string, void, void> {
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunksOf(file, options)) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    yield decoder.decode(chunk, { stream: true });
  }
  const rest = decoder?.decode() ?? '';
  if (rest !== '') yield rest;
}

/** The lines of a text in batches, without their ends. */
export async function* linesOf(file: StoredFile, options: ReadOptions): AsyncGenerator<string[], void, void> {
  let rest = '';
  for await (const text of textOf(file, options)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    yield lines.map(withoutReturn);
  }
  if (rest !== '') yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
