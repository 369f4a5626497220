/**
 * What the text encoders share: activations by name, self-attention, and the shape of what they return.
 */
import { z } from 'zod';
import { ints, type Value } from '../graph/graph.ts';
import { gelu, quickGelu } from '../graph/ops/activation.ts';
import { sub } from '../graph/ops/arithmetic.ts';
import { attention } from '../graph/ops/attention.ts';
import { embedding } from '../graph/ops/gather.ts';
import { unsqueeze } from '../graph/ops/layout.ts';
import { greaterOrEqual, where } from '../graph/ops/logic.ts';
import { pack, unpack } from '../graph/ops/packing.ts';
import type { Dim } from '../graph/shape.ts';
import { linear } from './layers.ts';
import { type Scope, within } from './scope.ts';

/** `hidden_act` of Hugging Face configs to our operators. */
export const activations = {
  gelu: (x: Value): Value => gelu(x),
  gelu_new: (x: Value): Value => gelu(x, 'tanh'),
  quick_gelu: quickGelu,
} as const;

const activationNames = Object.keys(activations) as [keyof typeof activations];

const size = z.int().positive();

/** The keys of config.json that all text encoders have; a member adds its own, and its defaults. */
export const encoderKeys = {
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  max_position_embeddings: size,
  hidden_act: z.enum(activationNames),
  layer_norm_eps: z.number().positive(),
};

export interface TextEncoderConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly maxPositionEmbeddings: number;
  readonly hiddenAct: keyof typeof activations;
  readonly layerNormEps: number;
}

type EncoderJson = z.infer<z.ZodObject<typeof encoderKeys>>;

/** Heads share the hidden size evenly: a check to refine a schema with. */
export const headsFit: [check: (json: EncoderJson) => boolean, issue: { path: string[]; message: string }] = [
  (json) => json.hidden_size % json.num_attention_heads === 0,
  { path: ['num_attention_heads'], message: 'must divide hidden_size' },
];

/** The common keys in our names. */
export function encoderConfig(json: EncoderJson): TextEncoderConfig {
  return {
    vocabSize: json.vocab_size,
    hiddenSize: json.hidden_size,
    intermediateSize: json.intermediate_size,
    numHiddenLayers: json.num_hidden_layers,
    numAttentionHeads: json.num_attention_heads,
    maxPositionEmbeddings: json.max_position_embeddings,
    hiddenAct: json.hidden_act,
    layerNormEps: json.layer_norm_eps,
  };
}

export interface TextEncoderOutput {
  /** [batch, length, hidden] */
  readonly lastHiddenState: Value;
  /** [batch, hidden]; built only when asked for, since it needs parameters that a checkpoint may lack. */
  readonly pooledOutput: () => Value;
  /** The embeddings, then the output of every layer, each [batch, length, hidden]. */
  readonly hiddenStates: readonly Value[];
  /** The same as the layers compute them, which may be packed: where a training step can be cut to save memory. */
  readonly layerOutputs: readonly Value[];
  /** From a layer's output to what conditions a picture: the last norm of pre-norm models, a bias, a reader. Absent: the output itself. */
  readonly readout?: (hiddenState: Value) => Value;
}

/**
 * The states that condition a picture when the last `clipSkip - 1` layers are left out: those of the layer before, through
 * the read-out. 1 is the `lastHiddenState`; `hiddenStates` must hold `clipSkip` layers.
 */
export function statesBefore(output: TextEncoderOutput, clipSkip: number): Value {
  const { lastHiddenState, hiddenStates, readout = (state) => state } = output;
  return clipSkip === 1 ? lastHiddenState : readout(hiddenStates[hiddenStates.length - clipSkip]!);
}

/**
 * The vectors of words: rows of `table` [count, hidden] at `ids` int64 [batch, length]; ids from `count` on are rows of
 * `extra` [any, hidden], the vectors of textual inversion (Gal et al., arXiv 2208.01618). The table is not copied.
 */
export function wordVectors(
  table: Value,
  ids: Value,
  extra: Value | undefined,
  paddingIndex?: number,
): Value {
  if (!extra) return embedding(table, ids, paddingIndex);
  const count = ints(ids.graph, [table.shape[0] as number]);
  const nought = ints(ids.graph, [0]);
  const isExtra = greaterOrEqual(ids, count);
  const known = embedding(table, where(isExtra, nought, ids), paddingIndex);
  const added = embedding(extra, where(isExtra, sub(ids, count), nought));
  return where(unsqueeze(isExtra, 2), added, known);
}

/** Added to the attention scores of a key that must not be read: large enough that its probability is 0. */
export const maskedScore = -1e9;

/** The projections' names differ from model to model: [query, key, value]. */
export type ProjectionNames = readonly [query: string, key: string, value: string];

/** Which rows of a batch are computed, where not all are. */
export interface PackedRows {
  /** int64 [count]: their places among batch * length. */
  readonly rows: Value;
  readonly size: readonly [batch: Dim, length: Dim];
}

/**
 * Self-attention of x [batch, length, hidden] without its output projection. If x is packed, [count, hidden], so is the
 * result, and `bias` must mask the keys that are not in it.
 */
export function selfAttention(
  scope: Scope,
  x: Value,
  heads: number,
  names: ProjectionNames,
  bias: Value | undefined,
  packed?: PackedRows,
): Value {
  const hiddenSize = x.shape[x.shape.length - 1] as number;
  const [query, key, value] = names.map((name) => {
    const projected = linear(within(scope, name), x, hiddenSize);
    return packed ? unpack(projected, packed.rows, packed.size) : projected;
  }) as [Value, Value, Value];
  const read = attention(query, key, value, bias ? { heads, bias } : { heads });
  return packed ? pack(read, packed.rows) : read;
}
