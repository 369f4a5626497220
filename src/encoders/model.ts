/**
 * What a text encoder is to those who teach it, learn from it or condition a picture on it: how to add it to a graph,
 * and what to feed it for a batch of padded token ids. Whoever runs it needs to know no architecture.
 */
import type { Graph, Value } from '../graph/graph.ts';
import type { Dim } from '../graph/shape.ts';
import type { Hooks } from '../models/scope.ts';
import type { TextEncoderOutput } from '../models/textEncoder.ts';
import type { Tensor } from '../runtime/tensor.ts';

export interface BuildOptions {
  /**
   * [any, `embeddingWidth`]: the vectors of the ids from `vocabSize` on (models/textEncoder.ts, `wordVectors`). A family that
   * leaves them out of its graph takes none.
   */
  readonly extraVectors?: Value | undefined;
  /** Changes that were made for this encoder (LoRA): a family for which nobody makes any may leave them out. */
  readonly hooks?: Hooks | undefined;
}

export interface EncoderModel {
  readonly modelType: string;
  /** The class of transformers that computes the same, and its config.json with all defaults written out; if there is one. */
  readonly transformers?: { readonly className: string; readonly config: Readonly<Record<string, unknown>> };
  /** Width of the states that come out. */
  readonly hiddenSize: number;
  /** Width of the layers, where a projection that was trained with them makes `hiddenSize` of it. */
  readonly projectedFrom?: number;
  /** Width of the vectors of words, where it is another one. */
  readonly embeddingSize?: number;
  readonly vocabSize: number;
  /** The longest text in tokens, start and end included. */
  readonly maxLength: number;
  /**
   * The id of padding whose rows are all equal, so that one of them can stand for all; undefined where rows after the
   * text differ by position.
   */
  readonly equalPadId?: number;
  /** Rows of the last hidden state, where they are as many for ids of any length; undefined: one an id. */
  readonly outputRows?: number;
  /**
   * The same encoder, for training: it computes one row for all the pads of a text, and no other text's length makes it
   * compute more. Its states, and what is fed to whom, are the same; graphs of the two have inputs of their own.
   */
  readonly packed?: EncoderModel;
  /** Adds inputs for [batch, length] token ids and the model; the batch is the symbolic dimension `batch`. */
  build(graph: Graph, length: Dim, options?: BuildOptions): TextEncoderOutput;
  /**
   * What to feed for `ids` [batch, length]. `keyBias` [batch, length] is added to the attention scores of each key,
   * for models with `equalPadId`.
   */
  feeds(ids: Int32Array, length: number, keyBias?: Float32Array): Record<string, Tensor>;
}

/** Width of the vectors of words. */
export function embeddingWidth({ embeddingSize, projectedFrom, hiddenSize }: EncoderModel): number {
  return embeddingSize ?? projectedFrom ?? hiddenSize;
}

/** Makes a member from its config.json; `source` names the file in errors. Throws ConfigError naming the key. */
export type EncoderFamily = (config: unknown, source: string) => EncoderModel;
