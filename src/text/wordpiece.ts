/**
 * BERT's tokenizer, which klue/roberta-small uses: words cut greedily into the longest pieces of the vocabulary.
 * Gives the ids of the slow BertTokenizer of transformers 4.34. With `nfc: false` it treats decomposed characters as
 * the fast one does, which does not compose them (decomposed Hangul then becomes unknown).
 *
 * Knows no file: load.ts reads the vocabulary.
 */
import { assembleTokenizer } from './assemble.ts';
import { makePairTable } from './pairTable.ts';
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

/** The pieces as two trees of letters, one of pieces that begin a word and one of those that continue one. */
interface PieceTable {
  /** The node below `node` by a UTF-16 unit; -1 where no piece goes on. */
  readonly below: (node: number, unit: number) => number;
  /** [nodes]: id of the piece that ends there, or -1. */
  readonly ids: Int32Array;
}

const firstRoot = 0;
const laterRoot = 1;

function pieceTable({ ids }: Vocabulary, prefix: string): PieceTable {
  const edges = makePairTable(ids.size * 2);
  const ends: number[] = [-1, -1];
  const add = (root: number, piece: string, id: number) => {
    let node = root;
    for (let i = 0; i < piece.length; i++) {
      let next = edges.get(node, piece.charCodeAt(i));
      if (next < 0) {
        next = ends.push(-1) - 1;
        edges.set(node, piece.charCodeAt(i), next);
      }
      node = next;
    }
    if (node > laterRoot) ends[node] = id;
  };
  for (const [token, id] of ids) {
    add(firstRoot, token, id);
    if (token.startsWith(prefix)) add(laterRoot, token.slice(prefix.length), id);
  }
  return { below: edges.get, ids: Int32Array.from(ends) };
}

/** Ids of the longest pieces from left to right; undefined when some stretch is no piece. */
function cutWord(word: string, { below, ids }: PieceTable): number[] | undefined {
  const cut: number[] = [];
  for (let from = 0; from < word.length; ) {
    let node = from === 0 ? firstRoot : laterRoot;
    let id = -1;
    let end = from;
    for (let at = from; at < word.length; ) {
      node = below(node, word.charCodeAt(at++));
      if (node < 0) break;
      if (ids[node]! < 0) continue;
      id = ids[node]!;
      end = at;
    }
    if (id < 0) return undefined;
    cut.push(id);
    from = end;
  }
  return cut;
}

/** More than `limit` characters (code points)? */
function isLonger(word: string, limit: number): boolean {
  return word.length > limit && Array.from(word).length > limit;
}
