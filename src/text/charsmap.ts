/**
 * SentencePiece's normalisation by a table (Kudo & Richardson, arXiv 1808.06226): the longest sequence of characters
 * that stands in the table is replaced by what the table says, from left to right; others stay. `nmt_nfkc`, which
 * XLM-RoBERTa uses, is such a table: NFKC, and white space of all kinds as spaces.
 *
 * The table is a double-array trie over UTF-8 bytes, in the layout of Darts-clone: 32-bit units, where a node's unit holds
 * the offset to its children, the label by which its parent reaches it, and whether one of its children is a value.
 * transformers' fast tokenizers look up whole grapheme clusters with their shortest match instead, which loses characters.
 */
import { ConfigError } from '../errors.ts';

/** Normalises a well-formed text. */
export type Charsmap = (text: string) => string;

/** Reads a `precompiled_charsmap`: size of the trie in bytes, trie, texts that end in zero. Throws ConfigError. */
export function readCharsmap(bytes: Uint8Array): Charsmap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  if (size === 0 || size % 4 !== 0 || size + 4 > bytes.length) {
    throw new ConfigError(
      'The precompiled_charsmap of the tokenizer is damaged.',
      'Fetch the tokenizer folder again.',
    );
  }
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
  const texts = bytes.subarray(4 + size);
  return (text) => normalise(text, units, texts);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function normalise(text: string, units: Uint32Array, texts: Uint8Array): string {
  const bytes = encoder.encode(text);
  const parts: string[] = [];
  let kept = 0;
  for (let at = 0; at < bytes.length; ) {
    const match = longestMatch(bytes, at, units);
    if (match === undefined) {
      at += characterLength(bytes[at]!);
      continue;
    }
    parts.push(decoder.decode(bytes.subarray(kept, at)), textAt(texts, match.value));
    at += match.length;
    kept = at;
  }
  parts.push(decoder.decode(bytes.subarray(kept)));
  return parts.join('');
}

interface Match {
  /** In bytes. */
  readonly length: number;
  /** Where the replacement begins. */
  readonly value: number;
}

function longestMatch(bytes: Uint8Array, from: number, units: Uint32Array): Match | undefined {
  let match: Match | undefined;
  let node = offsetOf(units[0]!);
  for (let at = from; at < bytes.length; at++) {
    node ^= bytes[at]!;
    const unit = units[node];
    if (unit === undefined || labelOf(unit) !== bytes[at]) break;
    node ^= offsetOf(unit);
    if (hasValue(unit)) match = { length: at + 1 - from, value: (units[node] ?? 0) & 0x7fffffff };
  }
  return match;
}

/** The offset is 22 bits, in steps of 256 where bit 9 is set. */
const offsetOf = (unit: number): number => ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
/** A unit that holds a value has bit 31, and so no byte as its label. */
const labelOf = (unit: number): number => (unit & 0x800000ff) >>> 0;
const hasValue = (unit: number): boolean => (unit & 0x100) !== 0;

function textAt(texts: Uint8Array, begin: number): string {
  const end = texts.indexOf(0, begin);
  return decoder.decode(texts.subarray(begin, end < 0 ? texts.length : end));
}

/** Of the UTF-8 sequence that begins with this byte. */
function characterLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
