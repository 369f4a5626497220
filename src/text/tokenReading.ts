/**
 * How a tokenizer reads a text, told so that people can follow it: which tokens, of which word, what was cut, and what the
 * tokenizer has no word for. Knows no encoder.
 */
import { byteSymbols } from './bytes.ts';
import { wordsWithin } from './promptTokens.ts';
import { promptLength, type Tokenizer } from './tokenizer.ts';

/** `bytes`: a part of a character, for which the vocabulary has nothing larger. */
export type TokenKind = 'start' | 'piece' | 'bytes' | 'unknown' | 'end' | 'pad';

export interface ReadToken {
  readonly id: number;
  readonly kind: TokenKind;
  /** What it spells; bytes as hexadecimal numbers, nothing for start, end and padding. */
  readonly text: string;
  /** The word that it belongs to, as its place in `words`. */
  readonly word?: number;
}

export interface TokenReading {
  /** The parts of the text between white space. */
  readonly words: readonly string[];
  /** [77]: what the encoder is given. */
  readonly rows: readonly ReadToken[];
  /** The tokens that there was no room for. */
  readonly cut: readonly ReadToken[];
  /** Tokens of the whole text, start and end left out. */
  readonly count: number;
}

/** The tokens of a text that is read literally, as `encodePadded` pads and cuts them. */
export function readTokens(tokenizer: Tokenizer, text: string): TokenReading {
  const words: string[] = [];
  const tokens: ReadToken[] = [];
  for (const { from, to, word } of wordsWithin(text, 0, text.length)) {
    const stretch = text.slice(from, to);
    const ids = tokenizer.encode(stretch).ids.slice(1, -1);
    const spelt = tokenizer.tokens(stretch);
    for (const [i, id] of ids.entries()) {
      tokens.push({ id, word: words.length, ...spelling(tokenizer, id, spelt[i] ?? '') });
    }
    if (word < to) words.push(text.slice(word, to));
  }
  const kept = tokens.slice(0, promptLength - 2);
  const special = (kind: 'start' | 'end' | 'pad', id: number): ReadToken => ({ id, kind, text: '' });
  const pads = promptLength - 2 - kept.length;
  return {
    words,
    rows: [
      special('start', tokenizer.startId),
      ...kept,
      special('end', tokenizer.endId),
      ...Array.from({ length: pads }, () => special('pad', tokenizer.padId)),
    ],
    cut: tokens.slice(kept.length),
    count: tokens.length,
  };
}

const byteFallback = /^<0x([0-9A-F]{2})>$/;

function spelling(tokenizer: Tokenizer, id: number, token: string): Pick<ReadToken, 'kind' | 'text'> {
  if (id === tokenizer.unknownId) return { kind: 'unknown', text: token };
  const byte = byteFallback.exec(token)?.[1];
  if (byte !== undefined) return { kind: 'bytes', text: byte };
  const bySymbols = tokenizer.kind === 'clip' || tokenizer.kind === 'bytes';
  const text = bySymbols ? tokenizer.decode([id]) : token;
  if (bySymbols && text.includes('\uFFFD')) return { kind: 'bytes', text: hexadecimal(token) };
  return { kind: 'piece', text: text.trim() };
}

/** The bytes that a token of a byte-level vocabulary stands for. */
function hexadecimal(token: string): string {
  return [...token.replace(/<\/w>$/, '')]
    .map((symbol) => byteSymbols.indexOf(symbol).toString(16).toUpperCase().padStart(2, '0'))
    .join(' ');
}

/** Rows that belong together: all of a word, the start, the end, the padding. Without words that were cut whole. */
export interface RowGroup {
  readonly kind: 'word' | 'start' | 'end' | 'pad';
  /** The word; empty for the others. */
  readonly text: string;
  /** Places among the 77. */
  readonly rows: readonly number[];
}

/** The groups of all 77 rows, in the order in which they begin. */
export function rowGroups({ words, rows }: TokenReading): RowGroup[] {
  const groups = new Map<string, { kind: RowGroup['kind']; text: string; rows: number[] }>();
  for (const [row, { kind, word }] of rows.entries()) {
    const key = word === undefined ? kind : String(word);
    const found = groups.get(key);
    if (found) found.rows.push(row);
    else if (word !== undefined) groups.set(key, { kind: 'word', text: words[word] ?? '', rows: [row] });
    else groups.set(key, { kind: kind as RowGroup['kind'], text: '', rows: [row] });
  }
  return [...groups.values()];
}
