/**
 * SentencePiece's Unigram tokenizer (Kudo, arXiv 1804.10959), which XLM-RoBERTa uses: of all ways to cut a word into
 * pieces, the one whose log-probabilities have the largest sum. Gives the ids of the SentencePiece library, which the slow
 * XLMRobertaTokenizer of transformers runs.
 *
 * Knows no file: load.ts reads the vocabulary.
 */
import { assembleTokenizer } from './assemble.ts';
import { makePairTable } from './pairTable.ts';
import type { Tokenizer } from './tokenizer.ts';
import { requireId, type SpecialTokens, type Vocabulary } from './vocabulary.ts';

export interface UnigramOptions {
  readonly vocabulary: Vocabulary;
  /** [ids] log-probabilities; NaN for ids that no text may spell, such as special tokens. */
  readonly scores: Float32Array;
  readonly special: SpecialTokens;
  readonly maxLength: number;
  readonly normalize: (text: string) => string;
}

/** Stands for the space before a word. */
const space = '\u2581';

/** How much less likely than the least likely piece an unknown character is. */
const unknownPenalty = 10;

/** Throws ConfigError when a special token is not in the vocabulary. */
export function makeUnigramTokenizer(options: UnigramOptions): Tokenizer {
  const { vocabulary, scores, special, maxLength, normalize } = options;
  const unknownId = requireId(vocabulary, special.unknown, 'unknown');
  const pieces = pieceTree(vocabulary, scores);
  const least = scores.reduce((low, score) => (score < low ? score : low), 0);
  const table: ScoredPieces = {
    ...pieces,
    scores,
    unknownId,
    unknownScore: Math.fround(least - unknownPenalty),
  };
  return assembleTokenizer({
    kind: 'unigram',
    vocabulary,
    special,
    maxLength,
    encodeChunk(chunk) {
      const words = normalize(chunk.replace(/\p{Cs}/gu, '')).split(' ');
      return words.flatMap((word) => (word === '' ? [] : bestCut(space + word, table)));
    },
    join: (tokens) => tokens.join('').replaceAll(space, ' ').trim(),
  });
}

/** The pieces as a tree of UTF-16 units. */
interface PieceTree {
  /** The node below `node`; -1 where no piece goes on. */
  readonly below: (node: number, unit: number) => number;
  /** [nodes]: id of the piece that ends there, or -1. */
  readonly ids: Int32Array;
}

interface ScoredPieces extends PieceTree {
  readonly scores: Float32Array;
  readonly unknownId: number;
  readonly unknownScore: number;
}

function pieceTree({ ids }: Vocabulary, scores: Float32Array): PieceTree {
  const edges = makePairTable(ids.size * 3);
  const ends: number[] = [-1];
  for (const [piece, id] of ids) {
    if (Number.isNaN(scores[id] ?? Number.NaN) || piece === '') continue;
    let node = 0;
    for (let i = 0; i < piece.length; i++) {
      let next = edges.get(node, piece.charCodeAt(i));
      if (next < 0) {
        next = ends.push(-1) - 1;
        edges.set(node, piece.charCodeAt(i), next);
      }
      node = next;
    }
    ends[node] = id;
  }
  return { below: edges.get, ids: Int32Array.from(ends) };
}

/**
 * Viterbi's algorithm: the best way to every place, from the best ways to the places before it. A character that is no
 * piece by itself may be unknown; unknown characters side by side are one token. Sums are rounded to float32, as the
 * library's are: they decide between cuts that are almost equally likely.
 */
function bestCut(word: string, pieces: ScoredPieces): number[] {
  const length = word.length;
  const best = new Float32Array(length + 1).fill(Number.NEGATIVE_INFINITY);
  const froms = new Int32Array(length + 1);
  const ids = new Int32Array(length + 1);
  best[0] = 0;
  const offer = (from: number, to: number, id: number, score: number) => {
    const sum = Math.fround(best[from]! + score);
    if (sum <= best[to]!) return;
    best[to] = sum;
    froms[to] = from;
    ids[to] = id;
  };
  for (let from = 0; from < length; ) {
    const next = from + (word.codePointAt(from)! > 0xffff ? 2 : 1);
    let alone = false;
    let node = 0;
    for (let at = from; at < length; ) {
      node = pieces.below(node, word.charCodeAt(at++));
      if (node < 0) break;
      const id = pieces.ids[node]!;
      if (id < 0) continue;
      offer(from, at, id, pieces.scores[id]!);
      if (at === next) alone = true;
    }
    if (!alone) offer(from, next, pieces.unknownId, pieces.unknownScore);
    from = next;
  }
  const cut: number[] = [];
  for (let to = length; to > 0; to = froms[to]!) {
    const id = ids[to]!;
    if (id !== pieces.unknownId || cut.at(-1) !== id) cut.push(id);
  }
  return cut.reverse();
}
