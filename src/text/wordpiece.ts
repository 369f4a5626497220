/**
 * BERT's tokenizer, which klue/roberta-small uses: words cut greedily into the longest pieces of the vocabulary.
 * Gives the ids of the slow BertTokenizer of transformers 4.34. With `nfc: false` it treats decomposed characters as
 * the fast one does, which does not compose them (decomposed Hangul then becomes unknown).
 *
 * Knows no file: load.ts reads the vocabulary.
 */
import { assembleTokenizer } from './assemble.ts';
import type { Tokenizer } from './tokenizer.ts';
import { requireId, type SpecialTokens, type Vocabulary } from './vocabulary.ts';
import { type WordOptions, wordsOf } from './words.ts';

export interface WordPieceOptions extends WordOptions {
  readonly vocabulary: Vocabulary;
  readonly special: SpecialTokens;
  readonly maxLength: number;
  /** What begins a piece that continues a word. */
  readonly prefix: string;
  /** A word of more characters is unknown as a whole. */
  readonly maxWordLength: number;
}

export const defaultPrefix = '##';
export const defaultMaxWordLength = 100;

/** Throws ConfigError when a special token is not in the vocabulary. */
export function makeWordPieceTokenizer(options: WordPieceOptions): Tokenizer {
  const { vocabulary, special, prefix } = options;
  const unknownId = requireId(vocabulary, special.unknown, 'unknown');
  const whole = new Set([special.start, special.end, special.pad, special.unknown, ...special.others]);
  const pieces = pieceTable(vocabulary, prefix);

  return assembleTokenizer({
    kind: 'wordpiece',
    vocabulary,
    special,
    maxLength: options.maxLength,
    encodeChunk(chunk) {
      return wordsOf(chunk, options, whole).flatMap((word) =>
        isLonger(word, options.maxWordLength) ? [unknownId] : (cutWord(word, pieces) ?? [unknownId]),
      );
    },
    join: (tokens) => tokens.join(' ').replaceAll(` ${prefix}`, '').trim(),
  });
}

interface PieceTable {
  /** Ids of the pieces that begin a word, and of those that continue one, by their letters without prefix. */
  readonly first: ReadonlyMap<string, number>;
  readonly later: ReadonlyMap<string, number>;
  /** UTF-16 units of the longest piece, so that no longer one is tried. */
  readonly longest: number;
}

function pieceTable({ ids }: Vocabulary, prefix: string): PieceTable {
  const later = new Map<string, number>();
  let longest = 0;
  for (const [token, id] of ids) {
    longest = Math.max(longest, token.length);
    if (token.startsWith(prefix)) later.set(token.slice(prefix.length), id);
  }
  return { first: ids, later, longest };
}

/** Ids of the longest pieces from left to right; undefined when some stretch is no piece. */
function cutWord(word: string, { first, later, longest }: PieceTable): number[] | undefined {
  const ids: number[] = [];
  for (let from = 0; from < word.length; ) {
    const table = from === 0 ? first : later;
    let to = Math.min(word.length, from + longest);
    let id = table.get(word.slice(from, to));
    while (id === undefined && --to > from) id = table.get(word.slice(from, to));
    if (id === undefined) return undefined;
    ids.push(id);
    from = to;
  }
  return ids;
}

/** More than `limit` characters (code points)? */
function isLonger(word: string, limit: number): boolean {
  return word.length > limit && Array.from(word).length > limit;
}
