/**
 * BERT and its relatives as members of the family. Without a mask, as the original K-Stable-Diffusion runs RoBERTa: pads
 * attend and are attended to. In RoBERTa and XLM-RoBERTa every pad has the same word and the same position, hence the same
 * state in every layer; in the others the pads' positions count on.
 */
import { input } from '../graph/graph.ts';
import { bertModel, biasOfMask, positionIdsOf } from '../models/bert.ts';
import {
  type BertConfig,
  parseBertConfig,
  parseDistilBertConfig,
  parseElectraConfig,
  parseRobertaConfig,
} from '../models/bertConfig.ts';
import { floatTensor, intTensor } from '../runtime/tensor.ts';
import type { EncoderFamily, EncoderModel } from './model.ts';

export const bertEncoder = member('bert', 'BertModel', parseBertConfig);
export const robertaEncoder = member('roberta', 'RobertaModel', parseRobertaConfig);
export const xlmRobertaEncoder = member('xlm-roberta', 'XLMRobertaModel', parseRobertaConfig);
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
    const { hiddenSize, vocabSize } = config;
    const common = { modelType, className, config: config.json, hiddenSize, vocabSize };
    return config.positions === 'afterPadding'
      ? folding(common, config, masksPads(json))
      : counting(common, config);
  };
}

type Common = Pick<EncoderModel, 'modelType' | 'className' | 'config' | 'hiddenSize' | 'vocabSize'>;

/** Positions count through the pads. */
function counting(common: Common, config: BertConfig): EncoderModel {
  return {
    ...common,
    maxLength: config.maxPositionEmbeddings,
    build: (graph, length) =>
      bertModel(graph, config, {
        inputIds: input(graph, 'input_ids', 'int64', ['batch', length]),
        positionIds: input(graph, 'position_ids', 'int64', ['batch', length]),
      }),
    feeds: (ids, length) => idFeeds(config, ids, length),
  };
}

/** All pads are one. With `masked` no token reads them, whatever they count. */
function folding(common: Common, config: BertConfig, masked: boolean): EncoderModel {
  const { padTokenId } = config;
  return {
    ...common,
    // Positions start after the padding index.
    maxLength: config.maxPositionEmbeddings - padTokenId - 1,
    equalPadId: padTokenId,
    build: (graph, length) =>
      bertModel(graph, config, {
        inputIds: input(graph, 'input_ids', 'int64', ['batch', length]),
        positionIds: input(graph, 'position_ids', 'int64', ['batch', length]),
        attentionBias: input(graph, 'attention_bias', 'float32', ['batch', 1, 1, length]),
      }),
    feeds: (ids, length, keyBias = new Float32Array(ids.length)) => {
      const bias = masked ? biasOfMask(ids.map((id) => (id === padTokenId ? 0 : 1))) : keyBias;
      return {
        ...idFeeds(config, ids, length),
        attention_bias: floatTensor(bias, [ids.length / length, 1, 1, length]),
      };
    },
  };
}

function idFeeds(config: BertConfig, ids: Int32Array, length: number) {
  const shape = [ids.length / length, length];
  return {
    input_ids: intTensor(ids, shape),
    position_ids: intTensor(positionIdsOf(config, ids, length), shape),
  };
}

/** The encoder of AltDiffusion was trained with a mask, and its config says so. */
function masksPads(json: unknown): boolean {
  return (json as { use_attention_mask?: unknown } | null)?.use_attention_mask === true;
}
