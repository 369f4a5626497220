/**
 * Where a model's parameters live: a graph and the prefix of the Hugging Face state dict that a layer stands under.
 *
 * Models ask for parameters by the names that the checkpoint has, so that a checkpoint loads as it is.
 */
import { type Graph, parameter, type Value } from '../graph/graph.ts';

export interface Scope {
  readonly graph: Graph;
  /** Prefix with its dots, empty at the root. */
  readonly path: string;
  readonly tap: Tap;
}

/** Sees the outputs of a model's modules, by the names that the modules have in PyTorch. */
export type Tap = (name: string, output: Value) => void;

/** The scope of a whole model. */
export function rootScope(graph: Graph, tap: Tap = () => {}): Scope {
  return { graph, path: '', tap };
}

/** The scope one or more levels down: `within(scope, 'encoder.layers', 3)` is `encoder.layers.3.` */
export function within(scope: Scope, ...names: readonly (string | number)[]): Scope {
  return { ...scope, path: `${scope.path}${names.join('.')}.` };
}

/** Shows the tap `output`, what the module of this scope computes, and returns it. */
export function record(scope: Scope, output: Value): Value {
  scope.tap(scope.path.slice(0, -1), output);
  return output;
}

/** The parameter `name` of this scope, float32. Throws GraphError if it was used with another shape. */
export function weight(scope: Scope, name: string, shape: readonly number[]): Value {
  return parameter(scope.graph, scope.path + name, shape);
}
