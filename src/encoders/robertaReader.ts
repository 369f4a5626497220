/**
 * RoBERTa read by learned position queries, as a member of the family. The reader, too, sees folded pads as often as
 * there are pads.
 */
import { robertaPositionIds } from '../models/roberta.ts';
import { parseRobertaReaderConfig, robertaReaderModel } from '../models/robertaReader.ts';
import { promptLength } from '../text/tokenizer.ts';
import type { EncoderModel } from './model.ts';
import { robertaFacts, robertaFeeds, robertaInputs } from './roberta.ts';
import { spreadFeeds } from './spread.ts';

/** Throws ConfigError naming the key of the config that does not fit; `source` names the file. */
export function robertaReaderEncoder(json: unknown, source: string): EncoderModel {
  const config = parseRobertaReaderConfig(json, source);
  return {
    ...robertaFacts(config),
    modelType: 'ksd_roberta_reader',
    hiddenSize: config.projectionDim,
    equalPadId: config.padTokenId,
    outputRows: promptLength,
    build: (graph, length, { extraVectors } = {}) =>
      robertaReaderModel(graph, config, { ...robertaInputs(graph, length), extraVectors }, promptLength),
    feeds: (ids, length, keyBias) => ({
      ...robertaFeeds(ids, length, robertaPositionIds(ids, length, config.padTokenId), keyBias),
      ...spreadFeeds(length, promptLength),
    }),
  };
}
