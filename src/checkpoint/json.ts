/**
 * JSON files and JSON Lines files, with errors that name the file and the place in it.
 *
 * Knows no schema: values come out as `unknown` for the reader's caller to validate.
 */
import { createReadStream } from 'node:fs';
import { CheckpointError } from '../errors.ts';
import { writeFileAtomic } from './atomic.ts';
import { readBytes, unreadable } from './file.ts';
import { shownText } from './shown.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The value in a JSON file, in which Python may have written NaN, Infinity and -Infinity as numbers. Throws CheckpointError
 * if the file is missing or is not JSON otherwise.
 */
export async function readJson(path: string): Promise<unknown> {
  const text = (await readBytes(path)).toString('utf8').replace(/^\uFEFF/, '');
  const standard = withoutSpecials(text);
  return parseJson(standard, path, 1, standard === text ? undefined : special);
}

/** The beginning of a string, or a number that JSON does not have. */
const quoteOrSpecial = /"|(?<![\w.+-])(?:-?Infinity|NaN)(?![\w.])/g;

/** Stands for NaN in as many characters, in a string that no file of text holds: it is no character. */
const nanMark = '\uFDD0';

/** Numbers too large for a double, which are read as infinite, in the place of those words, as long as they are. */
function withoutSpecials(text: string): string {
  if (!/Infinity|NaN/.test(text) || text.includes(nanMark)) return text;
  const parts: string[] = [];
  let [from, at] = [0, 0];
  for (;;) {
    quoteOrSpecial.lastIndex = at;
    const found = quoteOrSpecial.exec(text);
    if (!found) return parts.join('') + text.slice(from);
    const [word] = found;
    at = word === '"' ? closingQuote(text, found.index) + 1 : found.index + word.length;
    if (word === '"') continue;
    parts.push(text.slice(from, found.index), standIn(word));
    from = at;
  }
}

function standIn(word: string): string {
  return word === 'NaN' ? `"${nanMark}"` : word.replace('Infinity', '1e999   ');
}

function special(_key: string, value: unknown): unknown {
  return value === nanMark ? Number.NaN : value;
}

/** The object in a JSON file. Throws CheckpointError if the file is missing or holds anything else. */
export async function readJsonObject(path: string): Promise<JsonObject> {
  const value = await readJson(path);
  if (isJsonObject(value)) return value;
  throw new CheckpointError(`${path} does not hold a JSON object.`, 'Check that it is the right file.');
}

/** Writes `value` as indented JSON, atomically. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

export interface JsonLinesOptions {
  /** Leaves out a last line without a line feed: an append that was cut off. Without it that line counts. */
  readonly dropTornLine?: boolean;
}

/** The values of a JSON Lines file in order, blank lines left out. Throws CheckpointError naming the bad line. */
export async function* readJsonLines(
  path: string,
  { dropTornLine = false }: JsonLinesOptions = {},
): AsyncGenerator<unknown, void, undefined> {
  let number = 0;
  for await (const { text, whole } of linesOf(path)) {
    number++;
    if (text.trim() === '' || (dropTornLine && !whole)) continue;
    yield parseJson(text, path, number);
  }
}

async function* linesOf(path: string): AsyncGenerator<{ text: string; whole: boolean }, void, undefined> {
  const stream = createReadStream(path, 'utf8');
  let rest = '';
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) yield { text, whole: true };
    }
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    stream.destroy();
  }
  if (rest !== '') yield { text: rest, whole: false };
}

/** Parses `text`, which stands in `path`, from line `firstLine` on. Throws CheckpointError with the position. */
export function parseJson(
  text: string,
  path: string,
  firstLine = 1,
  reviver?: (key: string, value: unknown) => unknown,
): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const position = badPosition(text, message);
    const before = text.slice(0, position).split('\n');
    const line = firstLine + before.length - 1;
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw new CheckpointError(
      `${path} is not valid JSON at line ${line}, column ${column}: ${shownText(message)}.`,
      'Repair the file, or download or write it again.',
      { cause },
    );
  }
}

/**
 * Where `text` stops being the beginning of any JSON. V8 says so in most of its messages, but not for a token that
 * it did not expect: then the shortest prefix with that complaint tells.
 */
function badPosition(text: string, message: string): number {
  const told = /at position (\d+)/.exec(message)?.[1];
  if (told !== undefined) return Number(told);
  if (!message.startsWith('Unexpected token')) return text.length;
  let good = 0;
  let bad = text.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (meetsBadToken(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return good;
}

function meetsBadToken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return error instanceof Error && error.message.startsWith('Unexpected token');
  }
}

/** The first key that stands twice in one object of `text`, which must be valid JSON. */
export function duplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '{') open.push(new Set());
    else if (sign === '}') open.pop();
    else if (sign === '"') {
      const start = at;
      at = closingQuote(text, start);
      if (!isKey(text, at + 1)) continue;
      const name = JSON.parse(text.slice(start, at + 1)) as string;
      const seen = open.at(-1);
      if (seen?.has(name)) return name;
      seen?.add(name);
    }
  }
  return undefined;
}

/** Where the string ends that begins at `start`. A regular expression would overflow its stack on a long one. */
function closingQuote(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** In valid JSON a string followed by a colon is a key. */
function isKey(text: string, after: number): boolean {
  let at = after;
  while (' \t\n\r'.includes(text[at] ?? '.')) at++;
  return text[at] === ':';
}
