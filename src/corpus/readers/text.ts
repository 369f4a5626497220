/**
 * Bytes to text, in the encodings that Korean corpora come in, and text to lines.
 */
import { isUtf8 } from 'node:buffer';
import { CorpusError } from '../../errors.ts';
import { chunksOf } from '../sources/content.ts';
import type { StoredFile } from '../sources/storedFile.ts';
import type { ReadOptions } from './reader.ts';

/**
 * The encoding of a text that begins with `head`: as its byte order mark says; else UTF-8 where the bytes are that;
 * else CP949, which Korean Windows writes.
 */
function encodingOf(head: Buffer): string {
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

/** Characters of a line; a text without line ends would fill the memory. */
const longestLine = 2 ** 24;

/** The lines of a text in batches, without their ends. Throws CorpusError for one of over 16 million characters. */
export async function* linesOf(file: StoredFile, options: ReadOptions): AsyncGenerator<string[], void, void> {
  let begun: string[] = [];
  let length = 0;
  let count = 0;
  for await (const text of textOf(file, options)) {
    const [first, ...lines] = text.split('\n');
    begun.push(first!);
    length += first!.length;
    if (length > longestLine) {
      throw new CorpusError(
        `${file.path}, line ${count + 1}, is over ${longestLine} characters long.`,
        'It is no text of sentences: leave it out.',
      );
    }
    if (lines.length === 0) continue;
    const rest = lines.pop()!;
    lines.unshift(begun.join(''));
    count += lines.length;
    yield lines.map(withoutReturn);
    begun = [rest];
    length = rest.length;
  }
  if (length > 0) yield [withoutReturn(begun.join(''))];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
