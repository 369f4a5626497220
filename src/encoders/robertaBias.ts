/**
 * RoBERTa with a learned bias for each output position, as a member of the family. Its pads are folded while they are
 * encoded, and spread over the positions before the bias makes them differ.
 */
import { parseRobertaConfig, robertaPositionIds } from '../models/roberta.ts';
import { robertaBiasModel } from '../models/robertaBias.ts';
import { promptLength } from '../text/tokenizer.ts';
import type { EncoderModel } from './model.ts';
import { robertaFacts, robertaFeeds, robertaInputs } from './roberta.ts';
import { spreadFeeds } from './spread.ts';

/** Throws ConfigError naming the key of the config that does not fit; `source` names the file. */
export function robertaBiasEncoder(json: unknown, source: string): EncoderModel {
  const config = parseRobertaConfig(json, source);
  return {
    ...robertaFacts(config),
    modelType: 'ksd_roberta_bias',
    equalPadId: config.padTokenId,
    outputRows: promptLength,
    build: (graph, length, { extraVectors } = {}) =>
      robertaBiasModel(graph, config, { ...robertaInputs(graph, length), extraVectors }, promptLength),
    feeds: (ids, length, keyBias) => ({
      ...robertaFeeds(ids, length, robertaPositionIds(ids, length, config.padTokenId), keyBias),
      ...spreadFeeds(length, promptLength),
    }),
  };
}
