/**
 * RoBERTa (Liu et al., arXiv 1907.11692) as transformers' RobertaModel computes it, and whatever else has its post-norm
 * layers: XLM-RoBERTa (Conneau et al., arXiv 1911.02116), BERT (Devlin et al., arXiv 1810.04805), ELECTRA (Clark et al.,
 * arXiv 2003.10555) and DistilBERT (Sanh et al., arXiv 1910.01108). What differs between them stands in their BertConfig.
 *
 * Position ids and the attention bias are inputs, because what they should be is the caller's choice: without a mask
 * pads attend and are attended to, as the original K-Stable-Diffusion calls it.
 */
import { ConfigError } from '../errors.ts';
import { constant, type Graph, type Value } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { tanh } from '../graph/ops/elementwise.ts';
import { embedding, gather } from '../graph/ops/gather.ts';
import { slice } from '../graph/ops/layout.ts';
import { type BertConfig, parseRobertaConfig } from './bertConfig.ts';
import { layerNorm, linear } from './layers.ts';
import { rootScope, type Scope, weight, within } from './scope.ts';
import {
  activations,
  maskedScore,
  type PackedRows,
  selfAttention,
  type TextEncoderOutput,
  wordVectors,
} from './textEncoder.ts';

export { parseRobertaConfig };

/** Of RoBERTa or one of its relatives. */
export type RobertaConfig = BertConfig;

export interface RobertaInputs {
  /** int64 [batch, length]; both may be symbolic. */
  readonly inputIds: Value;
  /** int64 [batch, length], see `positionIdsOf`. */
  readonly positionIds: Value;
  /** float32 [batch, 1, 1, length], added to the attention scores of each key. */
  readonly attentionBias?: Value;
  /** See `wordVectors`. */
  readonly extraVectors?: Value | undefined;
  /**
   * Compute these rows only. `inputIds` and `positionIds` are theirs, [count], and `attentionBias` masks the other keys.
   * `rowOfPlace`, int64 [batch, length], says for each place which of the rows has its state.
   */
  readonly packed?: PackedRows & { readonly rowOfPlace: Value };
}

/** Adds the encoder to the graph. Parameters carry the names that the bare model has in transformers. */
export function robertaModel(graph: Graph, config: RobertaConfig, inputs: RobertaInputs): TextEncoderOutput {
  const scope = rootScope(graph);
  const rows = [embed(scope, config, inputs)];
  for (let i = 0; i < config.numHiddenLayers; i++) {
    rows.push(layer(within(scope, config.names.layers, i), config, rows[i]!, inputs));
  }
  const { packed } = inputs;
  const hiddenStates = packed ? rows.map((x) => gather(x, packed.rowOfPlace)) : rows;
  const lastHiddenState = hiddenStates[config.numHiddenLayers]!;
  const pooledOutput = () => {
    if (!config.pooler) throw noPooler();
    const first = gather(lastHiddenState, constant(graph, BigInt64Array.of(0n), []), 1);
    return tanh(linear(within(scope, 'pooler.dense'), first, config.hiddenSize));
  };
  return { lastHiddenState, pooledOutput, hiddenStates, layerOutputs: rows };
}

function noPooler(): ConfigError {
  return new ConfigError(
    'A text encoder of this kind (ELECTRA, DistilBERT) has no pooled output.',
    'Let it learn last_hidden_state, or use a BERT or RoBERTa.',
  );
}

/**
 * Words, types and positions added and normed. The padding rows are read like any other but get no gradient; only
 * RoBERTa has one among the positions.
 */
function embed(
  root: Scope,
  config: RobertaConfig,
  { inputIds, positionIds, extraVectors }: RobertaInputs,
): Value {
  const { embeddingSize, vocabSize, maxPositionEmbeddings, typeVocabSize, padTokenId, layerNormEps } = config;
  const scope = within(root, 'embeddings');
  const words = weight(scope, 'word_embeddings.weight', [vocabSize, embeddingSize]);
  const positions = weight(scope, 'position_embeddings.weight', [maxPositionEmbeddings, embeddingSize]);
  const spoken = wordVectors(words, inputIds, extraVectors, padTokenId);
  const typed = typeVocabSize === 0 ? spoken : add(spoken, firstType(scope, typeVocabSize, embeddingSize));
  const positionPad = config.positions === 'afterPadding' ? padTokenId : undefined;
  const normal = layerNorm(
    within(scope, 'LayerNorm'),
    add(typed, embedding(positions, positionIds, positionPad)),
    layerNormEps,
  );
  return embeddingSize === config.hiddenSize
    ? normal
    : linear(within(root, 'embeddings_project'), normal, config.hiddenSize);
}

/** A text alone is all of the first type. */
function firstType(scope: Scope, types: number, size: number): Value {
  return slice(weight(scope, 'token_type_embeddings.weight', [types, size]), [{ axis: 0, start: 0, end: 1 }]);
}

function layer(scope: Scope, config: RobertaConfig, x: Value, inputs: RobertaInputs): Value {
  const { hiddenSize, layerNormEps, numAttentionHeads, names } = config;
  const { attentionBias, packed } = inputs;
  const read = selfAttention(scope, x, numAttentionHeads, names.projections, attentionBias, packed);
  const attended = residualNorm(names.attentionOutput, names.attentionNorm, read, x);
  const inner = linear(within(scope, names.inner), attended, config.intermediateSize);
  return residualNorm(names.outer, names.outerNorm, activations[config.hiddenAct](inner), attended);

  function residualNorm(dense: string, norm: string, branch: Value, trunk: Value): Value {
    const projected = linear(within(scope, dense), branch, hiddenSize);
    return layerNorm(within(scope, norm), add(projected, trunk), layerNormEps);
  }
}

/** The position ids of `ids` [batch, length], row by row. */
export function positionIdsOf(
  { positions, padTokenId }: Pick<RobertaConfig, 'positions' | 'padTokenId'>,
  ids: ArrayLike<number>,
  length: number,
): Int32Array {
  if (positions === 'afterPadding') return robertaPositionIds(ids, length, padTokenId);
  return Int32Array.from({ length: ids.length }, (_, i) => i % length);
}

/**
 * RobertaModel's position ids: they count the tokens that are not padding from padTokenId + 1; every pad has position
 * padTokenId. `ids` is [batch, length], row by row.
 */
export function robertaPositionIds(ids: ArrayLike<number>, length: number, padTokenId: number): Int32Array {
  const positions = new Int32Array(ids.length);
  for (let start = 0; start < ids.length; start += length) {
    let position = padTokenId;
    for (let i = start; i < start + length; i++)
      positions[i] = ids[i] === padTokenId ? padTokenId : ++position;
  }
  return positions;
}

/** The attention bias [batch, 1, 1, length] of an attention mask (1: read, 0: not). */
export function biasOfMask(mask: ArrayLike<number>): Float32Array {
  return Float32Array.from({ length: mask.length }, (_, i) => (mask[i] === 0 ? maskedScore : 0));
}
