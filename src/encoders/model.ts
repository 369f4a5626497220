/**
 * What a text encoder is to those who teach it, learn from it or condition a picture on it: how to add it to a graph,
 * and what to feed it for a batch of padded token ids. Whoever runs it needs to know no architecture.
 */
import type { Graph } from '../graph/graph.ts';
import type { Dim } from '../graph/shape.ts';
import type { TextEncoderOutput } from '../models/textEncoder.ts';
import type { Tensor } from '../runtime/tensor.ts';

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
  /**
   * The same encoder, for training: it computes one row for all the pads of a text, and no other text's length makes it
   * compute more. Its states, and what is fed to whom, are the same; graphs of the two have inputs of their own.
   */
  readonly packed?: EncoderModel;
  /** Adds inputs for [batch, length] token ids and the model; the batch is the symbolic dimension `batch`. */
  build(graph: Graph, length: Dim): TextEncoderOutput;
  /**
   * What to feed for `ids` [batch, length]. `keyBias` [batch, length] is added to the attention scores of each key,
   * for models with `equalPadId`.
   */
  feeds(ids: Int32Array, length: number, keyBias?: Float32Array): Record<string, Tensor>;
}
