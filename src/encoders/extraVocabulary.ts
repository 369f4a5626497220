/**
 * Embeddings of textual inversion as words of one text encoder: ids beyond its own, and the vectors that these stand for.
 */
import type { TextualInversion } from '../checkpoint/textualInversionFile.ts';
import { ConfigError } from '../errors.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import type { ExtraWord } from '../text/promptTokens.ts';
import { embeddingWidth } from './model.ts';
import type { TextEncoder } from './textEncoder.ts';

export interface ExtraVocabulary {
  readonly words: readonly ExtraWord[];
  /** [any, width of the encoder's vectors]: the vectors of the ids from the model's `vocabSize` on. Absent without embeddings. */
  readonly vectors?: FloatTensor;
}

/** Of two embeddings of one name the later one counts. Throws ConfigError for one that is not as wide as the encoder's vectors. */
export function extraVocabulary(
  { name, model }: TextEncoder,
  embeddings: readonly TextualInversion[],
): ExtraVocabulary {
  if (embeddings.length === 0) return { words: [] };
  const { vocabSize } = model;
  const size = embeddingWidth(model);
  const rows = embeddings.reduce((sum, { count }) => sum + count, 0);
  const data = new Float32Array(rows * size);
  let row = 0;
  const words = embeddings.map(({ names, source, vectors, count, width }): ExtraWord => {
    if (width !== size) {
      throw new ConfigError(
        `The embedding ${source} has vectors of ${width} numbers, but the text encoder ${name} has vectors of ${size}.`,
        'Use an embedding that was trained with this text encoder.',
      );
    }
    data.set(vectors, row * size);
    const ids = Array.from({ length: count }, (_, i) => vocabSize + row + i);
    row += count;
    return { names, ids };
  });
  return { words, vectors: floatTensor(data, [rows, size]) };
}
