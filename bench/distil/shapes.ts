/**
 * The distillation step that is measured: the original's students and teacher at full size with random weights, and
 * batches of texts as long as real ones.
 */
import { v1Configs } from '../../src/checkpoint/ldm/v1.ts';
import { epochBatches } from '../../src/distillation/data.ts';
import type { ObjectiveName } from '../../src/distillation/objective.ts';
import { encoderModel } from '../../src/encoders/family.ts';
import type { EncoderModel } from '../../src/encoders/model.ts';
import { randomStream } from '../../src/random/stream.ts';

export const batchSize = 32;
export const learningRate = 5e-5;
export const objective: ObjectiveName = 'last_hidden_state';

export type StudentName = 'roberta' | 'clip';

const robertaConfig = {
  model_type: 'roberta',
  vocab_size: 32000,
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 6,
  num_attention_heads: 12,
  max_position_embeddings: 514,
  type_vocab_size: 1,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-5,
  pad_token_id: 1,
};

/** Special ids of a tokenizer, and how many tokens it has. */
interface Vocabulary {
  readonly size: number;
  readonly start: number;
  readonly end: number;
  readonly pad: number;
  /** Ordinary tokens begin here. */
  readonly first: number;
}

const clipVocabulary: Vocabulary = { size: 49406, start: 49406, end: 49407, pad: 49407, first: 0 };
const klueVocabulary: Vocabulary = { size: 32000, start: 0, end: 2, pad: 1, first: 5 };

export const students: Readonly<Record<StudentName, { model: EncoderModel; vocabulary: Vocabulary }>> = {
  roberta: { model: encoderModel('roberta', robertaConfig, 'bench'), vocabulary: klueVocabulary },
  clip: {
    model: encoderModel('clip_text_model', v1Configs.textEncoder, 'bench'),
    vocabulary: clipVocabulary,
  },
};

export const teacherModel = students.clip.model;
export const teacherPad = clipVocabulary.pad;

export interface Pair {
  /** The English text under the teacher's tokenizer. */
  readonly teacher: readonly number[];
  readonly en: readonly number[];
  readonly ko: readonly number[];
}

/**
 * Tokens of an English sentence under CLIP and of its Korean translation, start and end included: 27 on average. Korean
 * takes 0.8 times as many under WordPiece and 2.2 times under CLIP, which cuts it into bytes; English 1.4 times under
 * klue's WordPiece, whose words are mostly Korean. No text is over 77.
 */
const growth = { roberta: { en: 1.4, ko: 0.8 }, clip: { en: 1, ko: 2.2 } } as const;

const pairs = 4096;

/** Batches as the first epoch of a run would have them. */
export function batchesOf(name: StudentName, count: number): Pair[][] {
  const { vocabulary } = students[name];
  const lengths = randomStream(0, 'lengths');
  const sizes = Array.from({ length: pairs }, () => {
    const teacher = Math.round(Math.min(77, Math.max(5, lengths.normal(27, 9))));
    const of = (language: 'en' | 'ko') => {
      const factor = growth[name][language];
      return Math.round(
        Math.min(77, Math.max(4, factor === 1 ? teacher : teacher * factor + lengths.normal(0, 2))),
      );
    };
    return { teacher, en: of('en'), ko: of('ko') };
  });
  const longer = sizes.map(({ en, ko }) => Math.max(en, ko));
  return epochBatches(longer, batchSize, 0, 0)
    .slice(0, count)
    .map((places) =>
      places.map((place) => {
        const { teacher, en, ko } = sizes[place]!;
        const ids = randomStream(0, 'ids', place);
        const english = textOf(clipVocabulary, teacher, ids.below);
        // CLIP as the student reads the English text with its teacher's tokenizer.
        return {
          teacher: english,
          en: name === 'clip' ? english : textOf(vocabulary, en, ids.below),
          ko: textOf(vocabulary, ko, ids.below),
        };
      }),
    );
}

function textOf(
  { size, start, end, first }: Vocabulary,
  length: number,
  below: (bound: number) => number,
): number[] {
  const content = Array.from({ length: length - 2 }, () => first + below(size - first));
  return [start, ...content, end];
}
