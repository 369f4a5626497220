/**
 * RoBERTa (Liu et al., arXiv 1907.11692) as transformers' RobertaModel computes it: post-norm layers.
 *
 * Position ids and the attention bias are inputs, because what they should be is the caller's choice: without a mask
 * pads attend and are attended to, as the original K-Stable-Diffusion calls it.
 */
import { z } from 'zod';
import { constant, type Graph, type Value } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { tanh } from '../graph/ops/elementwise.ts';
import { embedding, gather } from '../graph/ops/gather.ts';
import { slice } from '../graph/ops/layout.ts';
import { only, parseConfig } from './config.ts';
import { layerNorm, linear } from './layers.ts';
import { rootScope, type Scope, weight, within } from './scope.ts';
import {
  activations,
  encoderConfig,
  encoderKeys,
  headsFit,
  maskedScore,
  type PackedRows,
  selfAttention,
  type TextEncoderConfig,
  type TextEncoderOutput,
} from './textEncoder.ts';

export interface RobertaConfig extends TextEncoderConfig {
  readonly typeVocabSize: number;
  readonly padTokenId: number;
}

const schema = z.looseObject({
  ...encoderKeys,
  hidden_act: encoderKeys.hidden_act.default('gelu'),
  layer_norm_eps: encoderKeys.layer_norm_eps.default(1e-12),
  type_vocab_size: z.int().positive().default(1),
  pad_token_id: z.int().nonnegative().default(1),
  position_embedding_type: only('absolute'),
});

/** Reads a RobertaModel's config.json. Throws ConfigError naming the key that does not fit. */
export function parseRobertaConfig(json: unknown, source = 'config.json'): RobertaConfig {
  const config = parseConfig(schema.refine(...headsFit), json, source);
  return {
    ...encoderConfig(config),
    typeVocabSize: config.type_vocab_size,
    padTokenId: config.pad_token_id,
  };
}

export interface RobertaInputs {
  /** int64 [batch, length]; both may be symbolic. */
  readonly inputIds: Value;
  /** int64 [batch, length], see `robertaPositionIds`. */
  readonly positionIds: Value;
  /** float32 [batch, 1, 1, length], added to the attention scores of each key. */
  readonly attentionBias?: Value;
  /**
   * Compute these rows only. `inputIds` and `positionIds` are theirs, [count], and `attentionBias` masks the other keys.
   * `rowOfPlace`, int64 [batch, length], says for each place which of the rows has its state.
   */
  readonly packed?: PackedRows & { readonly rowOfPlace: Value };
}

/** Adds the encoder to the graph. Parameters carry RobertaModel's names. */
export function robertaModel(graph: Graph, config: RobertaConfig, inputs: RobertaInputs): TextEncoderOutput {
  const scope = rootScope(graph);
  const rows = [embed(within(scope, 'embeddings'), config, inputs)];
  for (let i = 0; i < config.numHiddenLayers; i++) {
    rows.push(layer(within(scope, 'encoder.layer', i), config, rows[i]!, inputs));
  }
  const { packed } = inputs;
  const hiddenStates = packed ? rows.map((x) => gather(x, packed.rowOfPlace)) : rows;
  const lastHiddenState = hiddenStates[config.numHiddenLayers]!;
  const pooledOutput = () => {
    const first = gather(lastHiddenState, constant(graph, BigInt64Array.of(0n), []), 1);
    return tanh(linear(within(scope, 'pooler.dense'), first, config.hiddenSize));
  };
  return { lastHiddenState, pooledOutput, hiddenStates, layerOutputs: rows };
}

/** Words, types and positions added and normed. The padding rows are read like any other but get no gradient. */
function embed(scope: Scope, config: RobertaConfig, { inputIds, positionIds }: RobertaInputs): Value {
  const { hiddenSize, vocabSize, maxPositionEmbeddings, typeVocabSize, padTokenId, layerNormEps } = config;
  const words = weight(scope, 'word_embeddings.weight', [vocabSize, hiddenSize]);
  const positions = weight(scope, 'position_embeddings.weight', [maxPositionEmbeddings, hiddenSize]);
  const types = weight(scope, 'token_type_embeddings.weight', [typeVocabSize, hiddenSize]);
  const typed = add(embedding(words, inputIds, padTokenId), slice(types, [{ axis: 0, start: 0, end: 1 }]));
  return layerNorm(
    within(scope, 'LayerNorm'),
    add(typed, embedding(positions, positionIds, padTokenId)),
    layerNormEps,
  );
}

function layer(scope: Scope, config: RobertaConfig, x: Value, inputs: RobertaInputs): Value {
  const { hiddenSize, layerNormEps, numAttentionHeads } = config;
  const attend = within(scope, 'attention');
  const { attentionBias, packed } = inputs;
  const names = ['query', 'key', 'value'] as const;
  const read = selfAttention(within(attend, 'self'), x, numAttentionHeads, names, attentionBias, packed);
  const attended = residualNorm(within(attend, 'output'), read, x, layerNormEps);
  const inner = linear(within(scope, 'intermediate.dense'), attended, config.intermediateSize);
  return residualNorm(within(scope, 'output'), activations[config.hiddenAct](inner), attended, layerNormEps);

  function residualNorm(at: Scope, branch: Value, trunk: Value, epsilon: number): Value {
    return layerNorm(
      within(at, 'LayerNorm'),
      add(linear(within(at, 'dense'), branch, hiddenSize), trunk),
      epsilon,
    );
  }
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
