/**
 * RoBERTa whose positions go on counting through the pads, as a member of the family: what RobertaModel gives for these
 * position ids. Rows after the end of a text differ by position, as CLIP's do, so that no pad can stand for another.
 */
import { parseRobertaConfig, robertaModel } from '../models/roberta.ts';
import type { EncoderModel } from './model.ts';
import { robertaFacts, robertaFeeds, robertaInputs } from './roberta.ts';

/** Throws ConfigError naming the key of the config that does not fit; `source` names the file. */
export function robertaCountingEncoder(json: unknown, source: string): EncoderModel {
  const config = parseRobertaConfig(json, source);
  const first = config.padTokenId + 1;
  return {
    ...robertaFacts(config),
    modelType: 'ksd_roberta_counting',
    build: (graph, length, { extraVectors } = {}) =>
      robertaModel(graph, config, { ...robertaInputs(graph, length), extraVectors }),
    feeds: (ids, length) =>
      robertaFeeds(
        ids,
        length,
        ids.map((_, i) => first + (i % length)),
      ),
  };
}
