/**
 * Reads a text encoder's states with one learned query for each position of another encoder's output, as Perceiver IO
 * decodes with output queries (Jaegle et al., arXiv 2107.14795): pre-norm cross-attention and a perceptron, residual.
 *
 * A query starts from the state that stands at its position, so that a text in the order of its target is easy, and
 * reads all others: the words of a Korean text may come in their own order, and rows after its end may differ. Knows no
 * encoder, only states.
 */
import { z } from 'zod';
import type { Value } from '../graph/graph.ts';
import { gelu } from '../graph/ops/activation.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { attention } from '../graph/ops/attention.ts';
import { layerNorm, linear } from './layers.ts';
import { spreadRows } from './rows.ts';
import { type Scope, weight, within } from './scope.ts';

export interface ReaderConfig {
  /** Width of what it gives: that of the states it stands in for. */
  readonly projectionDim: number;
  readonly readerIntermediateSize: number;
  readonly readerLayers: number;
  readonly readerHeads: number;
}

const size = z.int().positive();

/** The reader's keys in a config.json; sizes that are left out follow from the encoder's. */
export const readerKeys = {
  projection_dim: size.optional(),
  reader_intermediate_size: size.optional(),
  reader_layers: size.default(1),
  reader_heads: size.optional(),
};

type ReaderJson = z.infer<z.ZodObject<typeof readerKeys>> & {
  readonly hidden_size: number;
  readonly num_attention_heads: number;
};

/** A check to refine a schema with: heads share the hidden size evenly. */
export const readerHeadsFit: [
  check: (json: ReaderJson) => boolean,
  issue: { path: string[]; message: string },
] = [
  (json) => json.hidden_size % readerConfig(json).readerHeads === 0,
  { path: ['reader_heads'], message: 'must divide hidden_size' },
];

/** The keys in our names. */
export function readerConfig(json: ReaderJson): ReaderConfig {
  return {
    projectionDim: json.projection_dim ?? json.hidden_size,
    readerIntermediateSize: json.reader_intermediate_size ?? 2 * json.hidden_size,
    readerLayers: json.reader_layers,
    readerHeads: json.reader_heads ?? json.num_attention_heads,
  };
}

const epsilon = 1e-5;

/**
 * states [batch, length, hidden] to [batch, positions, projectionDim]. `bias` [batch, 1, 1, length] is added to the
 * scores of each key. Parameters: `queries` [positions, hidden], `layer.<i>.…`, and `projection` where the widths
 * differ: without it, a reader that knows nothing yet gives little but the states, so that it can be grown from them.
 */
export function reader(
  scope: Scope,
  config: ReaderConfig,
  states: Value,
  positions: number,
  bias?: Value,
): Value {
  const queries = weight(scope, 'queries', [positions, states.shape[2] as number]);
  let x = add(spreadRows(states, positions), queries);
  for (let i = 0; i < config.readerLayers; i++) {
    x = readerLayer(within(scope, 'layer', i), config, x, states, bias);
  }
  const same = config.projectionDim === x.shape[2];
  return same ? x : linear(within(scope, 'projection'), x, config.projectionDim);
}

/** x [batch, positions, hidden]. The encoder's states come from its own last norm, so that they need none here. */
function readerLayer(scope: Scope, config: ReaderConfig, x: Value, states: Value, bias?: Value): Value {
  const { readerIntermediateSize, readerHeads: heads } = config;
  const width = x.shape[2] as number;
  const attend = within(scope, 'attention');
  const normal = layerNorm(within(attend, 'LayerNorm'), x, epsilon);
  const query = linear(within(attend, 'query'), normal, width);
  const key = linear(within(attend, 'key'), states, width);
  const value = linear(within(attend, 'value'), states, width);
  const read = attention(query, key, value, bias ? { heads, bias } : { heads });
  const informed = add(x, linear(within(attend, 'output'), read, width));
  const again = layerNorm(within(scope, 'LayerNorm'), informed, epsilon);
  const inner = gelu(linear(within(scope, 'intermediate'), again, readerIntermediateSize));
  return add(informed, linear(within(scope, 'output'), inner, width));
}
