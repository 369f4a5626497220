/**
 * RoBERTa whose states are read by learned position queries (reader.ts).
 */
import { z } from 'zod';
import type { Graph, Value } from '../graph/graph.ts';
import { parseConfig } from './config.ts';
import { type ReaderConfig, reader, readerConfig, readerHeadsFit, readerKeys } from './reader.ts';
import { parseRobertaConfig, type RobertaConfig, type RobertaInputs, robertaModel } from './roberta.ts';
import { rootScope, within } from './scope.ts';
import { encoderKeys, type TextEncoderOutput } from './textEncoder.ts';

export interface RobertaReaderConfig extends RobertaConfig, ReaderConfig {}

const { hidden_size, num_attention_heads } = encoderKeys;
const schema = z.looseObject({ hidden_size, num_attention_heads, ...readerKeys });

/** Reads the config.json of a RobertaModel with the reader's keys. Throws ConfigError naming the key that does not fit. */
export function parseRobertaReaderConfig(json: unknown, source = 'config.json'): RobertaReaderConfig {
  return {
    ...parseRobertaConfig(json, source),
    ...readerConfig(parseConfig(schema.refine(...readerHeadsFit), json, source)),
  };
}

/**
 * Adds the encoder to the graph; its last hidden state is [batch, positions, projectionDim] for ids of any length.
 * Parameters carry RobertaModel's names, those of the reader `reader.…`.
 */
export function robertaReaderModel(
  graph: Graph,
  config: RobertaReaderConfig,
  inputs: RobertaInputs,
  positions: number,
): TextEncoderOutput {
  const encoded = robertaModel(graph, config, inputs);
  const scope = within(rootScope(graph), 'reader');
  const { attentionBias } = inputs;
  const readout = (states: Value) => reader(scope, config, states, positions, attentionBias);
  return { ...encoded, lastHiddenState: readout(encoded.lastHiddenState), readout };
}
