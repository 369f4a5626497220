/**
 * RoBERTa as a member of the family. Without a mask, as the original K-Stable-Diffusion runs it: pads attend and are
 * attended to, and every pad has the same word and the same position, hence the same state in every layer.
 */
import { input } from '../graph/graph.ts';
import { parseRobertaConfig, robertaModel, robertaPositionIds } from '../models/roberta.ts';
import { floatTensor, intTensor } from '../runtime/tensor.ts';
import type { EncoderModel } from './model.ts';

/** Throws ConfigError naming the key of the config that does not fit; `source` names the file. */
export function robertaEncoder(json: unknown, source: string): EncoderModel {
  const config = parseRobertaConfig(json, source);
  return {
    modelType: 'roberta',
    hiddenSize: config.hiddenSize,
    vocabSize: config.vocabSize,
    // Positions start after the padding index.
    maxLength: config.maxPositionEmbeddings - config.padTokenId - 1,
    equalPadId: config.padTokenId,
    build: (graph, length, extraVectors) =>
      robertaModel(graph, config, {
        inputIds: input(graph, 'input_ids', 'int64', ['batch', length]),
        positionIds: input(graph, 'position_ids', 'int64', ['batch', length]),
        attentionBias: input(graph, 'attention_bias', 'float32', ['batch', 1, 1, length]),
        extraVectors,
      }),
    feeds: (ids, length, keyBias = new Float32Array(ids.length)) => {
      const batch = ids.length / length;
      const positions = robertaPositionIds(ids, length, config.padTokenId);
      return {
        input_ids: intTensor(ids, [batch, length]),
        position_ids: intTensor(positions, [batch, length]),
        attention_bias: floatTensor(keyBias, [batch, 1, 1, length]),
      };
    },
  };
}
