/**
 * RoBERTa as a member of the family. Without a mask, as the original K-Stable-Diffusion runs it: pads attend and are
 * attended to, and every pad has the same word and the same position, hence the same state in every layer.
 */
import { type Graph, input } from '../graph/graph.ts';
import type { Dim } from '../graph/shape.ts';
import {
  parseRobertaConfig,
  type RobertaConfig,
  type RobertaInputs,
  robertaModel,
  robertaPositionIds,
} from '../models/roberta.ts';
import { floatTensor, intTensor, type Tensor } from '../runtime/tensor.ts';
import type { EncoderModel } from './model.ts';

/** Throws ConfigError naming the key of the config that does not fit; `source` names the file. */
export function robertaEncoder(json: unknown, source: string): EncoderModel {
  const config = parseRobertaConfig(json, source);
  return {
    ...robertaFacts(config),
    modelType: 'roberta',
    equalPadId: config.padTokenId,
    build: (graph, length) => robertaModel(graph, config, robertaInputs(graph, length)),
    feeds: (ids, length, keyBias) =>
      robertaFeeds(ids, length, robertaPositionIds(ids, length, config.padTokenId), keyBias),
  };
}

/** What the members that are built on RoBERTa have in common with it. */
export function robertaFacts({ hiddenSize, vocabSize, maxPositionEmbeddings, padTokenId }: RobertaConfig) {
  // Positions start after the padding index.
  return { hiddenSize, vocabSize, maxLength: maxPositionEmbeddings - padTokenId - 1 };
}

/** Adds RoBERTa's inputs for [batch, length] ids. */
export function robertaInputs(graph: Graph, length: Dim): RobertaInputs {
  return {
    inputIds: input(graph, 'input_ids', 'int64', ['batch', length]),
    positionIds: input(graph, 'position_ids', 'int64', ['batch', length]),
    attentionBias: input(graph, 'attention_bias', 'float32', ['batch', 1, 1, length]),
  };
}

/** What to feed them; `ids`, `positionIds` and `keyBias` (zeros when left out) are [batch, length]. */
export function robertaFeeds(
  ids: Int32Array,
  length: number,
  positionIds: Int32Array,
  keyBias: Float32Array = new Float32Array(ids.length),
): Record<string, Tensor> {
  const batch = ids.length / length;
  return {
    input_ids: intTensor(ids, [batch, length]),
    position_ids: intTensor(positionIds, [batch, length]),
    attention_bias: floatTensor(keyBias, [batch, 1, 1, length]),
  };
}
