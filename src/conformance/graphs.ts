/**
 * What the checkers of models share: running a graph once, and comparing what comes out with golden tensors.
 */
import type { Weights } from '../checkpoint/tensorEntry.ts';
import type { Graph, Value } from '../graph/graph.ts';
import type { Tap } from '../models/scope.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime, Tensors } from '../runtime/session.ts';
import { type Tolerance, worstError } from './golden.ts';
import type { GoldenTensors } from './tensors.ts';

/** A tap that keeps what it sees. */
export function recorder(): { readonly tap: Tap; readonly seen: ReadonlyMap<string, Value> } {
  const seen = new Map<string, Value>();
  return { tap: (name, output) => seen.set(name, output), seen };
}

export interface GraphCheck {
  readonly runtime: Runtime;
  readonly graph: Graph;
  readonly weights?: Weights;
  /** Those that the wanted outputs do not need are left out. */
  readonly feeds: Tensors;
  /** The graph's values by the names that they have in the golden data. */
  readonly outputs: ReadonlyMap<string, Value>;
  readonly tolerance: Tolerance;
}

/**
 * Runs the graph once and gives the worst error of each tensor called in `names`, against `expected`. One that the
 * graph does not have, or has in another size, is infinitely wrong.
 */
export async function graphErrors(
  check: GraphCheck,
  expected: GoldenTensors,
  names: readonly string[],
): Promise<Record<string, number>> {
  const wanted = names.flatMap((name) => {
    const value = check.outputs.get(name);
    return value ? [[name, value] as const] : [];
  });
  const session = await compile(check.runtime, check.graph, Object.fromEntries(wanted), check.weights);
  try {
    const needed = session.inputs.map((name) => [name, check.feeds[name]!] as const);
    const results = await session.run(Object.fromEntries(needed));
    const error = (name: string) =>
      worstError((results[name]?.data ?? []) as ArrayLike<number>, expected.get(name).data, check.tolerance);
    return Object.fromEntries(names.map((name) => [name, error(name)]));
  } finally {
    await session.dispose();
  }
}
