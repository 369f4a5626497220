/**
 * Rows of a text that was encoded with its padding folded, spread over the positions that a picture reads.
 *
 * Where all pads of an encoder have equal states, a text is encoded with fewer of them than it has positions; every
 * position that was left out then has the state of the last row, a pad.
 */
import { input, type Value } from '../graph/graph.ts';
import { gather } from '../graph/ops/gather.ts';

/** The input that says for each position which of the encoded rows it has, int64 [positions]. */
export const spreadInput = 'row_of_position';

/** x [batch, length, size] as [batch, positions, size], by `spreadInput`, which the graph then has: one for all that is spread. */
export function spreadRows(x: Value, positions: number): Value {
  const places = x.graph.inputs.get(spreadInput) ?? input(x.graph, spreadInput, 'int64', [positions]);
  return gather(x, places, 1);
}
