/**
 * Roughly how much memory a graph takes while it runs: that of the values that are still needed, in the order in which the
 * nodes were added. What an engine holds besides, and what it saves by another order, is not known here.
 */
import { byteSizeOf } from './dtype.ts';
import { type Sizes, sizeOf } from './flops.ts';
import type { Value } from './graph.ts';
import { reachable } from './serialize.ts';

/** Operators whose output lies where their first input does. */
const views: ReadonlySet<string> = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Identity']);

/** The most bytes held at once while `outputs` are computed, without inputs, parameters and constants. */
export function peakBytes(outputs: readonly Value[], sizes: Sizes): number {
  const graph = outputs[0]!.graph;
  const { nodes } = reachable(graph, outputs);
  const buffers = new Map<Value, Value>();
  const bufferOf = (value: Value): Value => buffers.get(value) ?? value;
  const lastUse = new Map<Value, number>();
  for (const [place, { operator, inputs, outputs: made }] of nodes.entries()) {
    if (views.has(operator.type)) buffers.set(made[0]!, bufferOf(inputs[0]!));
    for (const value of [...inputs, ...made]) if (value) lastUse.set(bufferOf(value), place);
  }
  for (const output of outputs) lastUse.set(bufferOf(output), nodes.length);
  const ending = new Map<number, Value[]>();
  for (const [value, place] of lastUse) {
    if (value.node) ending.set(place, [...(ending.get(place) ?? []), value]);
  }
  const bytes = ({ dtype, shape }: Value) =>
    shape.reduce((size: number, dim) => size * sizeOf(dim, sizes), byteSizeOf[dtype]);
  let held = 0;
  let peak = 0;
  for (const [place, { outputs: made }] of nodes.entries()) {
    for (const value of made) if (bufferOf(value) === value) held += bytes(value);
    peak = Math.max(peak, held);
    for (const value of ending.get(place) ?? []) held -= bytes(value);
  }
  return peak;
}
