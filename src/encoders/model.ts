/**
 * The family of text encoders that can teach, learn and condition a picture: one member for each `model_type` of
 * Hugging Face's config.json.
 *
 * A member says how to add the model to a graph and what to feed it for a batch of padded token ids. Whoever runs it
 * needs to know no architecture. A new one is a file beside clip.ts and a line in `families`.
 */
import { ConfigError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Dim } from '../graph/shape.ts';
import type { TextEncoderOutput } from '../models/textEncoder.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { clipEncoder } from './clip.ts';
import { robertaEncoder } from './roberta.ts';

export interface EncoderModel {
  readonly modelType: string;
  readonly hiddenSize: number;
  readonly vocabSize: number;
  /** The longest text in tokens, start and end included. */
  readonly maxLength: number;
  /**
   * The id of padding whose rows are all equal, so that one of them can stand for all; undefined where rows after the
   * text differ by position.
   */
  readonly equalPadId?: number;
  /** Adds inputs for [batch, length] token ids and the model; the batch is the symbolic dimension `batch`. */
  build(graph: Graph, length: Dim): TextEncoderOutput;
  /**
   * What to feed for `ids` [batch, length]. `keyBias` [batch, length] is added to the attention scores of each key,
   * for models with `equalPadId`.
   */
  feeds(ids: Int32Array, length: number, keyBias?: Float32Array): Record<string, Tensor>;
}

/** Makes a member from its config.json; `source` names the file in errors. */
export type EncoderFamily = (config: unknown, source: string) => EncoderModel;

const families: Readonly<Record<string, EncoderFamily>> = {
  clip_text_model: clipEncoder,
  roberta: robertaEncoder,
};

/** The encoder that a config.json describes. Throws ConfigError for an unknown model_type or value. */
export function encoderModel(modelType: string, config: unknown, source: string): EncoderModel {
  const family = families[modelType];
  if (family) return family(config, source);
  throw new ConfigError(
    `${source}: model_type is ${JSON.stringify(modelType)}, which this project does not know.`,
    `Use one of ${Object.keys(families).join(', ')}.`,
  );
}
