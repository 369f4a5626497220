/**
 * From a graph to a session that runs it, with its weights left in their files.
 */
import { bindExternal, weightsFolder } from '../checkpoint/bind.ts';
import { elementCount } from '../checkpoint/dtype.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { serialize } from '../graph/serialize.ts';
import type { Runtime, Session } from './session.ts';

/** From how many parameters on they are left in their files: small models gain more from the engine's own layouts. */
const largeModel = 2 ** 25;

/**
 * A session that computes `outputs`. Parameters come from `weights`, or are fed at every run when there are none.
 * Throws CheckpointError for a missing tensor or a wrong shape, RuntimeError if the engine refuses the graph.
 */
export async function compile(
  runtime: Runtime,
  graph: Graph,
  outputs: Readonly<Record<string, Value>>,
  weights?: Weights,
): Promise<Session> {
  if (!weights)
    return runtime.open({ bytes: serialize(graph, { outputs, bind: () => ({ kind: 'input' }) }) });
  const bytes = serialize(graph, { outputs, bind: bindExternal(weights) });
  const weightsInPlace = parametersOf(graph) >= largeModel;
  return runtime.open({ bytes, weightsFolder: weightsFolder(weights) }, { weightsInPlace });
}

function parametersOf({ parameters }: Graph): number {
  const sizeOf = ({ shape }: Value) => elementCount(shape as readonly number[]) ?? Number.POSITIVE_INFINITY;
  return [...parameters.values()].reduce((sum, value) => sum + sizeOf(value), 0);
}
