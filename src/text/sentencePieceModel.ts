/**
 * Reads the file of a SentencePiece model (`sentencepiece.bpe.model`): a protocol buffer of the message
 * ModelProto, of which we need the pieces, the kind of model and the normalisation.
 */
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';
import { ConfigError } from '../errors.ts';

export interface SentencePieceModel {
  readonly pieces: readonly { readonly text: string; readonly score: number; readonly type: number }[];
  /** 1: Unigram. */
  readonly modelType: number;
  readonly charsmap: Uint8Array;
}

/** `SentencePiece.Type`: an ordinary piece. Others are unknown, control, user-defined, unused and bytes. */
export const normalPiece = 1;

/** Throws ConfigError if the bytes are no such file. */
export function readSentencePieceModel(bytes: Uint8Array, source: string): SentencePieceModel {
  const pieces: { text: string; score: number; type: number }[] = [];
  let modelType = 1;
  let charsmap = new Uint8Array();
  try {
    eachField(bytes, {
      1: (reader) => {
        const piece = { text: '', score: 0, type: normalPiece };
        eachField(reader.bytes(), {
          1: (inner) => (piece.text = inner.string()),
          2: (inner) => (piece.score = inner.float()),
          3: (inner) => (piece.type = inner.int32()),
        });
        pieces.push(piece);
      },
      2: (reader) => eachField(reader.bytes(), { 3: (inner) => (modelType = inner.int32()) }),
      3: (reader) => eachField(reader.bytes(), { 2: (inner) => (charsmap = Uint8Array.from(inner.bytes())) }),
    });
  } catch (cause) {
    throw damaged(source, cause);
  }
  if (pieces.length === 0) throw damaged(source);
  return { pieces, modelType, charsmap };
}

type FieldReaders = Readonly<Record<number, (reader: BinaryReader) => unknown>>;

/** Gives the fields of a message to those who read them, and skips the others. */
function eachField(bytes: Uint8Array, readers: FieldReaders): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const read = readers[field];
    if (read) read(reader);
    else reader.skip(type as WireType, field);
  }
}

function damaged(source: string, cause?: unknown): ConfigError {
  return new ConfigError(
    `${source} is no SentencePiece model, or is damaged.`,
    'Fetch the tokenizer folder again.',
    { cause },
  );
}
