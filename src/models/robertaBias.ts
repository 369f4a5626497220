/**
 * RoBERTa with a learned bias for each output position. All pads of a RoBERTa have one state, but the rows of the CLIP
 * that it stands in for differ by position after the end of a text: the bias is what they differ by on average.
 */
import type { Graph, Value } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { type RobertaConfig, type RobertaInputs, robertaModel } from './roberta.ts';
import { spreadRows } from './rows.ts';
import { rootScope, weight } from './scope.ts';
import type { TextEncoderOutput } from './textEncoder.ts';

/**
 * Adds the encoder to the graph; its last hidden state is [batch, positions, hidden] for ids of any length. Parameters
 * carry RobertaModel's names, and `position_bias` [positions, hidden] is added to its last hidden state.
 */
export function robertaBiasModel(
  graph: Graph,
  config: RobertaConfig,
  inputs: RobertaInputs,
  positions: number,
): TextEncoderOutput {
  const encoded = robertaModel(graph, config, inputs);
  const bias = weight(rootScope(graph), 'position_bias', [positions, config.hiddenSize]);
  const readout = (states: Value) => add(spreadRows(states, positions), bias);
  return { ...encoded, lastHiddenState: readout(encoded.lastHiddenState), readout };
}
