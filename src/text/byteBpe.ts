/**
 * GPT-2's tokenizer, which roberta-base uses: byte-level byte-pair encoding of words that carry the space before them
 * (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019). Gives the ids of RobertaTokenizer of
 * transformers. Letter case and white space are kept.
 *
 * Knows no file: load.ts reads the vocabulary and the merges.
 */
import { assembleTokenizer } from './assemble.ts';
import { mergeSymbols } from './bpe.ts';
import { textOfSymbols } from './bytes.ts';
import { symbolTable } from './symbolTable.ts';
import type { Tokenizer } from './tokenizer.ts';
import { requireId, type SpecialTokens, type Vocabulary } from './vocabulary.ts';

export interface ByteTokenizerOptions {
  readonly vocabulary: Vocabulary;
  /** Pairs of token strings, best first. */
  readonly merges: Iterable<readonly [left: string, right: string]>;
  readonly special: SpecialTokens;
  readonly maxLength: number;
  /** Read the first word as if a space stood before it. */
  readonly prefixSpace: boolean;
}

/**
 * An English contraction; letters, digits or other signs, each with one space before them; or white space, of which the
 * last sign is left to what follows.
 */
const words =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Throws ConfigError when a special token is not in the vocabulary. */
export function makeByteTokenizer(options: ByteTokenizerOptions): Tokenizer {
  const { vocabulary, merges, special, maxLength, prefixSpace } = options;
  const unknownId = requireId(vocabulary, special.unknown, 'unknown');
  const size = vocabulary.tokens.length;
  const symbols = symbolTable(vocabulary, merges);
  const utf8 = new TextEncoder();
  return assembleTokenizer({
    kind: 'bytes',
    vocabulary,
    special,
    maxLength,
    chunksOf(text) {
      const whole = text.replace(/\p{Cs}/gu, '');
      const spaced = prefixSpace && whole !== '' && !/^\p{White_Space}/u.test(whole) ? ` ${whole}` : whole;
      return spaced.match(words) ?? [];
    },
    encodeChunk: (word) =>
      mergeSymbols(
        Array.from(utf8.encode(word), (byte) => symbols.inner[byte]!),
        symbols.rules,
      ).map((id) => (id < size ? id : unknownId)),
    join: (tokens) => textOfSymbols(tokens.join('')),
  });
}
