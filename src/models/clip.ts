/**
 * CLIP's text encoder (Radford et al., arXiv 2103.00020) as transformers' CLIPTextModel computes it: pre-norm layers
 * under a causal mask. Stable Diffusion v1 reads its `lastHiddenState`, without an attention mask.
 */
import { z } from 'zod';
import { constant, type Graph, ints, type Value } from '../graph/graph.ts';
import { add, mul, sub } from '../graph/ops/arithmetic.ts';
import { cast } from '../graph/ops/cast.ts';
import { argMax, selectRows } from '../graph/ops/gather.ts';
import { reshape, slice } from '../graph/ops/layout.ts';
import { equal } from '../graph/ops/logic.ts';
import { clipLayer } from './clipLayer.ts';
import { parseConfig } from './config.ts';
import { layerNorm } from './layers.ts';
import { type Hooks, rootScope, type Scope, weight, within } from './scope.ts';
import {
  encoderConfig,
  encoderKeys,
  headsFit,
  maskedScore,
  type TextEncoderConfig,
  type TextEncoderOutput,
  wordVectors,
} from './textEncoder.ts';

export interface ClipTextConfig extends TextEncoderConfig {
  readonly eosTokenId: number;
}

const schema = z.looseObject({
  ...encoderKeys,
  vocab_size: encoderKeys.vocab_size.default(49408),
  max_position_embeddings: encoderKeys.max_position_embeddings.default(77),
  hidden_act: encoderKeys.hidden_act.default('quick_gelu'),
  layer_norm_eps: encoderKeys.layer_norm_eps.default(1e-5),
  eos_token_id: z.int().nonnegative().default(2),
});

/** A CLIPTextModel's config.json with the defaults of missing keys written out. Throws ConfigError. */
export function wholeClipTextConfig(
  json: unknown,
  source = 'config.json',
): Readonly<Record<string, unknown>> {
  return parseConfig(schema, json, source);
}

/** Reads a CLIPTextModel's config.json. Throws ConfigError naming the key that does not fit. */
export function parseClipTextConfig(json: unknown, source = 'config.json'): ClipTextConfig {
  const config = parseConfig(schema.refine(...headsFit), json, source);
  return { ...encoderConfig(config), eosTokenId: config.eos_token_id };
}

export interface ClipTextInputs {
  /** int64 [batch, length]; batch may be symbolic, length is a number of at most maxPositionEmbeddings. */
  readonly inputIds: Value;
  /** int64 [batch, length], 0 where a key must not be read. Stable Diffusion gives none. */
  readonly attentionMask?: Value;
  /** See `wordVectors`. */
  readonly extraVectors?: Value | undefined;
}

/** Adds the encoder to the graph. Parameters carry CLIPTextModel's names (`text_model.…`). */
export function clipTextModel(
  graph: Graph,
  config: ClipTextConfig,
  inputs: ClipTextInputs,
  hooks?: Hooks,
): TextEncoderOutput {
  const scope = within(rootScope(graph, hooks), 'text_model');
  const length = inputs.inputIds.shape[1] as number;
  const bias = attentionBias(graph, length, inputs.attentionMask);
  const hiddenStates = [embed(within(scope, 'embeddings'), config, inputs)];
  for (let i = 0; i < config.numHiddenLayers; i++) {
    hiddenStates.push(clipLayer(within(scope, 'encoder.layers', i), config, hiddenStates[i]!, bias));
  }
  const readout = (state: Value) => layerNorm(within(scope, 'final_layer_norm'), state, config.layerNormEps);
  const lastHiddenState = readout(hiddenStates[config.numHiddenLayers]!);
  const pooledOutput = () => selectRows(lastHiddenState, endPositions(inputs.inputIds, config.eosTokenId));
  return { lastHiddenState, pooledOutput, hiddenStates, layerOutputs: hiddenStates, readout };
}

function embed(scope: Scope, config: ClipTextConfig, { inputIds, extraVectors }: ClipTextInputs): Value {
  const { hiddenSize, vocabSize, maxPositionEmbeddings } = config;
  const table = weight(scope, 'token_embedding.weight', [vocabSize, hiddenSize]);
  const tokens = wordVectors(table, inputIds, extraVectors);
  const positions = weight(scope, 'position_embedding.weight', [maxPositionEmbeddings, hiddenSize]);
  return add(tokens, slice(positions, [{ axis: 0, start: 0, end: inputIds.shape[1] as number }]));
}

/** [1 or batch, 1, length, length]: the causal mask, and the caller's mask if there is one. */
function attentionBias(graph: Graph, length: number, attentionMask: Value | undefined): Value {
  const causal = Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? maskedScore : 0,
  );
  const bias = constant(graph, causal, [1, 1, length, length]);
  if (!attentionMask) return bias;
  const masked = mul(sub(1, cast(attentionMask, 'float32')), maskedScore);
  return add(bias, reshape(masked, [attentionMask.shape[0]!, 1, 1, length]));
}

/**
 * Where each text ends, int64 [batch]. Configs from before transformers knew the end token say eos_token_id 2; for
 * them it is the largest id, else the first end token.
 */
function endPositions(inputIds: Value, eosTokenId: number): Value {
  const marks = eosTokenId === 2 ? inputIds : equal(inputIds, ints(inputIds.graph, [eosTokenId]));
  return argMax(cast(marks, 'int32'));
}
