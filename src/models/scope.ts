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
}

export function rootScope(graph: Graph): Scope {
  return { graph, path: '' };
}

/** The scope one or more levels down: `within(scope, 'encoder.layers', 3)` is `encoder.layers.3.` */
export function within(scope: Scope, ...names: readonly (string | number)[]): Scope {
  return { graph: scope.graph, path: `${scope.path}${names.join('.')}.` };
}

/** The parameter `name` of this scope. */
export function weight(scope: Scope, name: string, shape: readonly number[]): Value {
  return parameter(scope.graph, scope.path + name, shape);
}
