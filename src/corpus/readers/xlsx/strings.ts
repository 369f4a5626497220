/**
 * The table of strings of a workbook: a sheet names its texts by their place in it.
 *
 * A million rows have two million of them, so they wait in a file of their own, and only where each begins stays in
 * memory. Sheets name them nearly in order: a few pages of the file answer almost all.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { SaxesParser } from 'saxes';
import { scratchPath } from '../../sources/content.ts';
import type { StoredFile } from '../../sources/storedFile.ts';
import type { ReadOptions } from '../reader.ts';
import { feedXml } from './workbook.ts';

export interface SharedStrings {
  readonly count: number;
  /** Undefined beyond the last. */
  get(index: number): string | undefined;
  close(): void;
}

export const noStrings: SharedStrings = { count: 0, get: () => undefined, close: () => {} };

/**
 * Reads the table, or at least its first `enough` strings, into a file in `scratch`. Throws CorpusError if it is damaged.
 */
export async function readSharedStrings(
  part: StoredFile,
  options: ReadOptions,
  enough = Number.POSITIVE_INFINITY,
): Promise<SharedStrings> {
  const file = openSync(scratchPath(options.scratch), 'wx+');
  const starts = growingOffsets();
  let waiting: Buffer[] = [];
  let end = 0;
  const parser = stringParser((text) => {
    const bytes = Buffer.from(text, 'utf8');
    starts.push(end);
    waiting.push(bytes);
    end += bytes.length;
  });
  try {
    for await (const _ of feedXml(parser, part, options, () => `${part.path}, string ${starts.count + 1},`)) {
      writeSync(file, Buffer.concat(waiting));
      waiting = [];
      if (starts.count >= enough) break;
    }
  } catch (error) {
    closeSync(file);
    throw error;
  }
  starts.push(end);
  const read = pagedReader(file, end);
  return {
    count: starts.count - 1,
    get: (index) =>
      index >= 0 && index < starts.count - 1 ? read(starts.at(index), starts.at(index + 1)) : undefined,
    close: () => closeSync(file),
  };
}

/** Calls `found` with each string: the text of its `t`s, also those of runs (`r`), but not of phonetic hints (`rPh`). */
function stringParser(found: (text: string) => void): SaxesParser<{ xmlns: false }> {
  const parser = new SaxesParser({ xmlns: false });
  let text = '';
  let inText = false;
  let phonetic = 0;
  parser.on('opentag', ({ name }) => {
    if (name === 'si') text = '';
    else if (name === 'rPh') phonetic++;
    else if (name === 't') inText = phonetic === 0;
  });
  parser.on('text', (more) => {
    if (inText) text += more;
  });
  parser.on('closetag', ({ name }) => {
    if (name === 't') inText = false;
    else if (name === 'rPh') phonetic--;
    else if (name === 'si') found(unescaped(text));
  });
  return parser;
}

/** Excel writes characters that XML cannot hold as `_x000D_`. */
export function unescaped(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** Offsets, eight bytes each, in an array that doubles. */
function growingOffsets() {
  let values = new Float64Array(1 << 16);
  let count = 0;
  return {
    get count() {
      return count;
    },
    at: (index: number) => values[index]!,
    push(value: number) {
      if (count === values.length) {
        const larger = new Float64Array(values.length * 2);
        larger.set(values);
        values = larger;
      }
      values[count++] = value;
    },
  };
}

const pageBytes = 2 ** 18;
const pagesKept = 16;

/** Reads texts of a file through its last used pages. */
function pagedReader(file: number, size: number): (start: number, end: number) => string {
  const pages = new Map<number, Buffer>();
  const pageAt = (index: number): Buffer => {
    let page = pages.get(index);
    if (page !== undefined) return page;
    page = Buffer.alloc(Math.min(pageBytes, size - index * pageBytes));
    readSync(file, page, 0, page.length, index * pageBytes);
    if (pages.size === pagesKept) pages.delete(pages.keys().next().value!);
    pages.set(index, page);
    return page;
  };
  return (start, end) => {
    const index = Math.floor(start / pageBytes);
    const from = start - index * pageBytes;
    const page = start < size ? pageAt(index) : Buffer.alloc(0);
    if (from + end - start <= page.length) return page.toString('utf8', from, from + end - start);
    const bytes = Buffer.alloc(end - start);
    readSync(file, bytes, 0, bytes.length, start);
    return bytes.toString('utf8');
  };
}
