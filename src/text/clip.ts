/**
 * CLIP's tokenizer: byte-level byte-pair encoding of lower-cased text (Radford et al., "Learning Transferable Visual
 * Models From Natural Language Supervision", 2021). Gives the ids of the slow CLIPTokenizer of transformers 4.34
 * without ftfy, which Stable Diffusion v1 was published with.
 *
 * Knows no file: load.ts reads the vocabulary and the merges.
 */
import { assembleTokenizer } from './assemble.ts';
import { mergeSymbols } from './bpe.ts';
import { textOfSymbols } from './bytes.ts';
import { cleanChunk } from './clean.ts';
import { symbolTable } from './symbolTable.ts';
import type { Tokenizer } from './tokenizer.ts';
import { requireId, type SpecialTokens, type Vocabulary } from './vocabulary.ts';

export interface ClipTokenizerOptions {
  readonly vocabulary: Vocabulary;
  /** Pairs of token strings, best first. */
  readonly merges: Iterable<readonly [left: string, right: string]>;
  readonly special: SpecialTokens;
  readonly maxLength: number;
}

/** Marks the last symbol of a word. */
export const endOfWord = '</w>';

const start = '<|startoftext|>';
const end = '<|endoftext|>';

/**
 * The words of a lower-cased text: a special token, an English contraction, letters, ONE digit, or anything else.
 * The reference matches without regard to case, which shows in two characters that lower-casing does not settle: the
 * long s counts in 's, and the combining iota U+0345, being both a mark and a case of a letter, is in no word.
 */
const words =
  /<\|startoftext\|>|<\|endoftext\|>|'[sſ]|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|(?:(?!\u0345)[^\s\p{L}\p{N}])+/gu;

/** A chunk that is one word, and stays as it is but for its case. */
const letters = /^(?:[a-zA-Z]+|[가-힣]+)$/;

/** UTF-16 units of words that are spelt without making an array. */
const shortWord = 64;

/** Throws ConfigError when a special token is not in the vocabulary. */
export function makeClipTokenizer({
  vocabulary,
  merges,
  special,
  maxLength,
}: ClipTokenizerOptions): Tokenizer {
  const unknownId = requireId(vocabulary, special.unknown, 'unknown');
  const size = vocabulary.tokens.length;
  const symbols = symbolTable(vocabulary, merges, endOfWord);
  const utf8 = new TextEncoder();
  const buffer = new Uint8Array(3 * shortWord);
  const shortBytes = (word: string) => buffer.subarray(0, utf8.encodeInto(word, buffer).written);

  const encodeWord = (word: string): number[] => {
    if (word === start || word === end) return [vocabulary.ids.get(word) ?? unknownId];
    const bytes = word.length <= shortWord ? shortBytes(word) : utf8.encode(word);
    const last = bytes.length - 1;
    const spelt = new Int32Array(bytes.length);
    for (let i = 0; i <= last; i++) spelt[i] = (i < last ? symbols.inner : symbols.final)[bytes[i]!]!;
    const ids = mergeSymbols(spelt, symbols.rules);
    if (symbols.strangers) for (let i = 0; i < ids.length; i++) if (ids[i]! >= size) ids[i] = unknownId;
    return ids;
  };

  return assembleTokenizer({
    kind: 'clip',
    vocabulary,
    special,
    maxLength,
    encodeChunk(chunk) {
      if (letters.test(chunk)) return encodeWord(chunk.toLowerCase());
      const clean = cleanChunk(chunk, { tokenizeChineseChars: true, nfc: true }).toLowerCase();
      return (clean.match(words) ?? []).flatMap(encodeWord);
    },
    join: (tokens) => textOfSymbols(tokens.join('')).replaceAll(endOfWord, ' ').trim(),
  });
}
