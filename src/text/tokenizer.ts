/**
 * What a tokenizer is, and the padding and truncation that every text encoder of Stable Diffusion expects.
 *
 * Knows no algorithm and no file; the members of the family are made by clip.ts, byteBpe.ts,
 * wordpiece.ts and unigram.ts.
 */
import { InputError } from '../errors.ts';

/** Length of every prompt of Stable Diffusion v1, special tokens included. */
export const promptLength = 77;

export interface Encoding {
  /** Token ids of the whole text, start and end token included, neither cut nor padded. */
  readonly ids: readonly number[];
}

export interface Tokenizer {
  readonly kind: 'clip' | 'wordpiece' | 'bytes' | 'unigram';
  /** Highest id + 1: the rows that an embedding table must have. */
  readonly vocabSize: number;
  /** `model_max_length` of its configuration, in tokens; Infinity where it states none. */
  readonly maxLength: number;
  readonly startId: number;
  readonly endId: number;
  readonly padId: number;
  readonly unknownId: number;
  /** Any text, also an empty or ill-formed one (lone surrogates are dropped as control characters are). */
  encode(text: string): Encoding;
  /** `encode(text).ids.length`, without making the ids. */
  count(text: string): number;
  /** The same tokens as strings, without start and end. */
  tokens(text: string): string[];
  /** Text of some ids, as far as the tokenizer kept it; special tokens are left out. */
  decode(ids: Iterable<number>): string;
}

export interface PaddedEncoding {
  /** [length] */
  readonly ids: Int32Array;
  /** [length], 1 on real tokens (start and end included), 0 on padding. */
  readonly attentionMask: Int32Array;
  /** Real tokens that are left after truncation, start and end included. */
  readonly length: number;
  /** Tokens of the whole text, start and end included. */
  readonly untruncatedLength: number;
}

export interface PaddedBatch {
  /** [batch, length], row-major, as are the ids of every text. */
  readonly shape: readonly [number, number];
  readonly ids: Int32Array;
  readonly attentionMask: Int32Array;
  /** [batch] real tokens after truncation. */
  readonly lengths: readonly number[];
  /** [batch] tokens before truncation. */
  readonly untruncatedLengths: readonly number[];
}

/**
 * Cuts and pads ids on the right to exactly `length`, as Hugging Face's
 * `padding="max_length", truncation=True` does: start, the first `length - 2` tokens of the content, end, padding.
 * Throws InputError for a length that has no room for start and end.
 */
export function pad(tokenizer: Tokenizer, encoding: Encoding, length: number = promptLength): PaddedEncoding {
  if (!Number.isInteger(length) || length < 2) {
    throw new InputError(
      `A text cannot be padded to ${length} tokens.`,
      'Use a whole number of at least 2, since every text has a start and an end token.',
    );
  }
  const { ids } = encoding;
  const kept = Math.min(ids.length, length);
  const padded = new Int32Array(length).fill(tokenizer.padId);
  for (let i = 0; i < kept - 1; i++) padded[i] = ids[i] as number;
  padded[kept - 1] = tokenizer.endId;
  return {
    ids: padded,
    attentionMask: new Int32Array(length).fill(1, 0, kept),
    length: kept,
    untruncatedLength: ids.length,
  };
}

/** `pad` of `tokenizer.encode(text)`. Throws InputError for a length below 2. */
export function encodePadded(
  tokenizer: Tokenizer,
  text: string,
  length: number = promptLength,
): PaddedEncoding {
  return pad(tokenizer, tokenizer.encode(text), length);
}

/** Every text padded to `length`, one row each. Throws InputError for a length below 2. */
export function encodeBatch(
  tokenizer: Tokenizer,
  texts: readonly string[],
  length: number = promptLength,
): PaddedBatch {
  const rows = texts.map((text) => encodePadded(tokenizer, text, length));
  const ids = new Int32Array(rows.length * length);
  const attentionMask = new Int32Array(rows.length * length);
  for (const [row, encoded] of rows.entries()) {
    ids.set(encoded.ids, row * length);
    attentionMask.set(encoded.attentionMask, row * length);
  }
  return {
    shape: [rows.length, length],
    ids,
    attentionMask,
    lengths: rows.map((row) => row.length),
    untruncatedLengths: rows.map((row) => row.untruncatedLength),
  };
}
