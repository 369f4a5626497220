/**
 * BERT, ELECTRA and DistilBERT as members of the family, without a mask as all of them. Their positions count on through
 * the pads, whose states therefore differ.
 */
import { input } from '../graph/graph.ts';
import {
  type BertConfig,
  parseBertConfig,
  parseDistilBertConfig,
  parseElectraConfig,
} from '../models/bertConfig.ts';
import { positionIdsOf, robertaModel } from '../models/roberta.ts';
import { intTensor } from '../runtime/tensor.ts';
import type { EncoderFamily } from './model.ts';

export const bertEncoder = member('bert', 'BertModel', parseBertConfig);
export const electraEncoder = member('electra', 'ElectraModel', parseElectraConfig);
export const distilBertEncoder = member('distilbert', 'DistilBertModel', parseDistilBertConfig);

/** A member from its config.json; throws ConfigError naming the key that does not fit. */
function member(
  modelType: string,
  className: string,
  parse: (json: unknown, source: string) => BertConfig,
): EncoderFamily {
  return (json, source) => {
    const config = parse(json, source);
    return {
      modelType,
      transformers: { className, config: config.json },
      hiddenSize: config.hiddenSize,
      embeddingSize: config.embeddingSize,
      vocabSize: config.vocabSize,
      maxLength: config.maxPositionEmbeddings,
      build: (graph, length, { extraVectors } = {}) =>
        robertaModel(graph, config, {
          inputIds: input(graph, 'input_ids', 'int64', ['batch', length]),
          positionIds: input(graph, 'position_ids', 'int64', ['batch', length]),
          extraVectors,
        }),
      feeds: (ids, length) => {
        const shape = [ids.length / length, length];
        return {
          input_ids: intTensor(ids, shape),
          position_ids: intTensor(positionIdsOf(config, ids, length), shape),
        };
      },
    };
  };
}
