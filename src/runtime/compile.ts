/**
 * From a graph to a session that runs it, with its weights left in their files.
 */
import { bindExternal, weightsFolder } from '../checkpoint/bind.ts';
import { elementCount } from '../checkpoint/dtype.ts';
import { hasIntegerWeights, integerLayoutOf } from '../checkpoint/integerWeights.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { halfProductsEmulated, isHalfProduct } from '../graph/halfProducts.ts';
import { integerWeights } from '../graph/integerWeights.ts';
import { attentionsByProducts } from '../graph/ops/attention.ts';
import { productsApart } from '../graph/ops/matmul.ts';
import { type Rules, rewrite } from '../graph/rewrite.ts';
import { type SerializeOptions, serialize } from '../graph/serialize.ts';
import { attentionIsSound } from './attention.ts';
import type { KeepingRuntime, KeepingSession } from './keeping.ts';
import type { Runtime, Session } from './session.ts';

/**
 * From how many parameters on they are left in their files. Small models gain more from the engine's own layouts: Stable
 * Diffusion's VAE decoder (49 million) runs a sixth faster with them, for 0.3 GiB. Weights of half precision are kept for the
 * memory that they save, of which float32 copies would leave nothing.
 */
const largeModel = { full: 2 ** 26, half: 2 ** 25 };

export interface CompileOptions {
  /**
   * With int8 weights on a CPU, multiply in integers: linear layers take half the time, and round their inputs with one scale
   * for the whole batch, so that what comes out for one sample depends a little on the others. Elsewhere int8 weights are
   * widened as each layer runs.
   */
  readonly integerProducts?: boolean;
}

/**
 * A session that computes `outputs`. Parameters come from `weights`, or are fed at every run when there are none.
 * Throws CheckpointError for a missing tensor or a wrong shape, RuntimeError if the engine refuses the graph.
 */
export async function compile(
  runtime: Runtime,
  graph: Graph,
  outputs: Readonly<Record<string, Value>>,
  weights?: Weights,
  { integerProducts = false }: CompileOptions = {},
): Promise<Session> {
  const rules = await rulesFor(runtime, graph, weights, integerProducts);
  const bind = weights ? bindExternal(weights) : () => ({ kind: 'input' }) as const;
  const bytes = modelBytes(graph, outputs, rules, bind);
  if (!weights) return runtime.open({ bytes });
  const weightsInPlace = parametersOf(graph) >= largeModel[isHalf(weights) ? 'half' : 'full'];
  return runtime.open({ bytes, weightsFolder: weightsFolder(weights) }, { weightsInPlace });
}

/**
 * A session that computes `outputs`, of which those named in `keep` stay on the device. Parameters are fed at every run.
 * Throws RuntimeError if the engine refuses the graph.
 */
export async function compileKeeping(
  runtime: KeepingRuntime,
  graph: Graph,
  outputs: Readonly<Record<string, Value>>,
  keep: readonly string[] = [],
): Promise<KeepingSession> {
  const rules = await rulesFor(runtime, graph, undefined, false);
  const bytes = modelBytes(graph, outputs, rules, () => ({ kind: 'input' }));
  return runtime.openKeeping({ bytes }, keep);
}

function modelBytes(
  graph: Graph,
  outputs: Readonly<Record<string, Value>>,
  rules: readonly Rules[],
  bind: SerializeOptions['bind'],
): Uint8Array {
  const fitted = rules.length > 0 ? rewrite(graph, outputs, rules) : { graph, outputs };
  return serialize(fitted.graph, { outputs: fitted.outputs, bind });
}

function isHalf({ tensors }: Weights): boolean {
  return [...tensors.values()].some(({ dtype }) => dtype === 'F16' || dtype === 'BF16');
}

/** What the device and the weights ask a graph to compute in another way. */
async function rulesFor(
  runtime: Runtime,
  graph: Graph,
  weights: Weights | undefined,
  integerProducts: boolean,
): Promise<readonly Rules[]> {
  const rules: Rules[] = [];
  if (weights && hasIntegerWeights(weights)) {
    const products = integerProducts && runtime.device === 'cpu';
    rules.push(
      integerWeights({ layoutOf: (name) => integerLayoutOf(weights, name), integerProducts: products }),
    );
  }
  if (runtime.device === 'cpu' && graph.nodes.some(isHalfProduct)) rules.push(halfProductsEmulated);
  if (runtime.device === 'webgpu') {
    // Without a kernel, the engine would bring what is multiplied to the CPU and back.
    rules.push(productsApart);
    if (!(await attentionIsSound(runtime))) rules.push(attentionsByProducts);
  }
  return rules;
}

function parametersOf({ parameters }: Graph): number {
  const sizeOf = ({ shape }: Value) => elementCount(shape as readonly number[]) ?? Number.POSITIVE_INFINITY;
  return [...parameters.values()].reduce((sum, value) => sum + sizeOf(value), 0);
}
