/**
 * What the tokenizers share around their algorithm: special tokens spelt in a text, chunks between white space, the
 * memory of chunks already seen, start and end.
 *
 * Knows no algorithm: `encodeChunk` is one.
 */
import { chunksOf as atWhiteSpace } from './clean.ts';
import type { Tokenizer } from './tokenizer.ts';
import { requireId, type SpecialTokens, type Vocabulary } from './vocabulary.ts';

export interface TokenizerParts {
  readonly kind: Tokenizer['kind'];
  readonly vocabulary: Vocabulary;
  readonly special: SpecialTokens;
  readonly maxLength: number;
  /** Cuts a raw text without special tokens into parts; at white space, which is left out, by default. */
  chunksOf?(text: string): readonly string[];
  /** Ids of such a part. */
  encodeChunk(chunk: string): readonly number[];
  /** Text of token strings. */
  join(tokens: readonly string[]): string;
}

/** Chunks of which the ids are remembered, and of which only their number is, in each of two generations. */
const idsMemory = 1 << 17;
const countsMemory = 1 << 18;
/** The longest chunk that is worth it: some 100 MB in all at most. */
const memorableLength = 32;

/** Throws ConfigError when a special token is not in the vocabulary. */
export function assembleTokenizer(parts: TokenizerParts): Tokenizer {
  const { vocabulary, special, chunksOf = atWhiteSpace } = parts;
  const startId = requireId(vocabulary, special.start, 'start');
  const endId = requireId(vocabulary, special.end, 'end');
  const padId = requireId(vocabulary, special.pad, 'padding');
  const unknownId = requireId(vocabulary, special.unknown, 'unknown');
  const names = [special.start, special.end, special.pad, special.unknown, ...special.others];
  const splitSpecial = specialSplitter(names);
  const specialIds = new Set(names.map((name) => vocabulary.ids.get(name)));
  const encodeChunk = remembered(parts.encodeChunk, idsMemory);
  // Numbers take less room than lists of them, and most texts are only counted.
  const countChunk = remembered((chunk) => parts.encodeChunk(chunk).length, countsMemory);

  const contentIds = (text: string, ids: number[]): number[] => {
    for (const [i, part] of splitSpecial(text).entries()) {
      if (i % 2 === 1) {
        ids.push(vocabulary.ids.get(part) ?? unknownId);
        continue;
      }
      // A loop, not a spread: one chunk may hold more tokens than a call takes arguments.
      for (const chunk of chunksOf(part)) for (const id of encodeChunk(chunk)) ids.push(id);
    }
    return ids;
  };
  const contentCount = (text: string): number => {
    let count = 0;
    for (const [i, part] of splitSpecial(text).entries()) {
      if (i % 2 === 1) count++;
      else for (const chunk of chunksOf(part)) count += countChunk(chunk);
    }
    return count;
  };

  return {
    kind: parts.kind,
    vocabSize: vocabulary.tokens.length,
    maxLength: parts.maxLength,
    startId,
    endId,
    padId,
    unknownId,
    encode(text) {
      const ids = contentIds(text, [startId]);
      ids.push(endId);
      return { ids };
    },
    count: (text) => contentCount(text) + 2,
    tokens: (text) => contentIds(text, []).map((id) => vocabulary.tokens[id] as string),
    decode(ids) {
      const tokens: string[] = [];
      for (const id of ids) {
        const token = vocabulary.tokens[id];
        if (token !== undefined && !specialIds.has(id)) tokens.push(token);
      }
      return parts.join(tokens);
    },
  };
}

/**
 * Splits a text at the special tokens that it spells (the leftmost, then the longest, letter case included): even
 * entries are ordinary text, odd ones special tokens.
 */
export function specialSplitter(names: readonly string[]): (text: string) => string[] {
  const escaped = [...new Set(names)]
    .filter((name) => name !== '')
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  if (escaped.length === 0) return (text) => [text];
  const pattern = new RegExp(`(${escaped.join('|')})`);
  // A look for the first characters, two at most, is faster than the pattern.
  const firsts = [...new Set(names.map((name) => name.slice(0, 2)))].filter((first) => first !== '');
  return (text) => (firsts.some((first) => text.includes(first)) ? text.split(pattern) : [text]);
}

/**
 * Words repeat: most of a corpus is answered from memory. When the young generation is full it becomes the old one, and
 * what is asked for again moves back: frequent words stay, the endless tail of rare ones goes.
 */
function remembered<Value>(make: (chunk: string) => Value, memorySize: number): (chunk: string) => Value {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  return (chunk) => {
    const known = young.get(chunk);
    if (known !== undefined) return known;
    if (chunk.length > memorableLength) return make(chunk);
    const value = old.get(chunk) ?? make(chunk);
    if (young.size >= memorySize) {
      old = young;
      young = new Map();
    }
    young.set(chunk, value);
    return value;
  };
}
