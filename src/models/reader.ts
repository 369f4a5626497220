/**
 * Reads a text encoder's states with one learned query for each position of another encoder's output, as Perceiver IO
 * decodes with output queries (Jaegle et al., arXiv 2107.14795): pre-norm cross-attention and a perceptron, residual.
 *
 * What a position holds no longer has to stand where the student's tokens stand: the words of a Korean text may come
 * in their own order, and rows after its end may differ. Knows no encoder, only states.
 */
import { z } from 'zod';
import type { Value } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { attention } from '../graph/ops/attention.ts';
import { reshape } from '../graph/ops/layout.ts';
import { expand } from '../graph/ops/reduce.ts';
import { layerNorm, linear } from './layers.ts';
import { type Scope, weight, within } from './scope.ts';
import { activations } from './textEncoder.ts';

export interface ReaderConfig {
  /** Width of what it gives: that of the states it stands in for. */
  readonly projectionDim: number;
  readonly readerHiddenSize: number;
  readonly readerIntermediateSize: number;
  readonly readerLayers: number;
  readonly readerHeads: number;
}

const size = z.int().positive();

/** The reader's keys in a config.json; the sizes that are left out are those of the encoder. */
export const readerKeys = {
  projection_dim: size.optional(),
  reader_hidden_size: size.optional(),
  reader_intermediate_size: size.optional(),
  reader_layers: size.default(1),
  reader_heads: size.optional(),
};

type ReaderJson = z.infer<z.ZodObject<typeof readerKeys>>;

/** A check to refine a schema with: heads share the reader's width evenly. */
export const readerHeadsFit: [
  check: (json: ReaderJson & EncoderSizes) => boolean,
  issue: { path: string[]; message: string },
] = [
  (json) => {
    const { readerHiddenSize, readerHeads } = readerConfig(json);
    return readerHiddenSize % readerHeads === 0;
  },
  { path: ['reader_heads'], message: 'must divide reader_hidden_size' },
];

interface EncoderSizes {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
}

/** The keys in our names. */
export function readerConfig(json: ReaderJson & EncoderSizes): ReaderConfig {
  const width = json.reader_hidden_size ?? json.hidden_size;
  return {
    projectionDim: json.projection_dim ?? json.hidden_size,
    readerHiddenSize: width,
    readerIntermediateSize: json.reader_intermediate_size ?? 2 * width,
    readerLayers: json.reader_layers,
    readerHeads: json.reader_heads ?? json.num_attention_heads,
  };
}

const epsilon = 1e-5;

/**
 * states [batch, length, any] to [batch, positions, projectionDim]. `bias` [batch, 1, 1, length] is added to the scores
 * of each key. Parameters: `queries` [positions, readerHiddenSize], `layer.<i>.…`, `LayerNorm`, `projection`.
 */
export function reader(
  scope: Scope,
  config: ReaderConfig,
  states: Value,
  positions: number,
  bias?: Value,
): Value {
  const { readerHiddenSize, readerLayers, projectionDim } = config;
  const queries = weight(scope, 'queries', [positions, readerHiddenSize]);
  let x = reshape(queries, [1, positions, readerHiddenSize]);
  for (let i = 0; i < readerLayers; i++) x = readerLayer(within(scope, 'layer', i), config, x, states, bias);
  const normal = layerNorm(within(scope, 'LayerNorm'), x, epsilon);
  return linear(within(scope, 'projection'), normal, projectionDim);
}

/**
 * x [batch, positions, width], or [1, positions, width] while it is the same for all texts. The encoder's states come
 * from its own last norm, so that they need none here.
 */
function readerLayer(scope: Scope, config: ReaderConfig, x: Value, states: Value, bias?: Value): Value {
  const { readerHiddenSize: width, readerIntermediateSize, readerHeads: heads } = config;
  const attend = within(scope, 'attention');
  const normal = layerNorm(within(attend, 'LayerNorm'), x, epsilon);
  const query = linear(within(attend, 'query'), normal, width);
  const key = linear(within(attend, 'key'), states, width);
  const value = linear(within(attend, 'value'), states, width);
  const queries = expand(query, [states.shape[0]!, ...query.shape.slice(1)]);
  const read = attention(queries, key, value, bias ? { heads, bias } : { heads });
  const informed = add(x, linear(within(attend, 'output'), read, width));
  const again = layerNorm(within(scope, 'LayerNorm'), informed, epsilon);
  const inner = activations.gelu(linear(within(scope, 'intermediate'), again, readerIntermediateSize));
  return add(informed, linear(within(scope, 'output'), inner, width));
}
