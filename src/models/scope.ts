/**
 * Where a model's parameters live: a graph and the prefix of the Hugging Face state dict that a layer stands under.
 *
 * Models ask for parameters by the names that the checkpoint has, so that a checkpoint loads as it is.
 */
import { type Graph, parameter, type Value } from '../graph/graph.ts';
import type { ConvolutionOptions } from '../graph/ops/convolution.ts';

export interface Scope {
  readonly graph: Graph;
  /** Prefix with its dots, empty at the root. */
  readonly path: string;
  readonly tap: Tap;
  readonly adapt: Adapter;
}

/** Sees the outputs of a model's modules, by the names that the modules have in PyTorch. */
export type Tap = (name: string, output: Value) => void;

/** A linear layer or a convolution, with what goes in and what is about to come out. */
export interface Layer {
  /** Of the module in PyTorch: its weight is called `<name>.weight`. */
  readonly name: string;
  /** Of its weight: [out, in], or [out, in / groups, kernel, kernel] of a convolution. */
  readonly shape: readonly number[];
  readonly x: Value;
  readonly y: Value;
  /** Of a convolution. */
  readonly options: ConvolutionOptions;
}

/** What a layer returns in place of its `y`, and of the same shape: how small changes of weights are added to a model. */
export type Adapter = (layer: Layer) => Value;

/** What one may hang into a model without changing its code. */
export interface Hooks {
  readonly tap?: Tap | undefined;
  readonly adapt?: Adapter | undefined;
}

/** The scope of a whole model. */
export function rootScope(graph: Graph, { tap = () => {}, adapt = ({ y }) => y }: Hooks = {}): Scope {
  return { graph, path: '', tap, adapt };
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

/** What the layer of this scope returns: `y`, unless an adapter changes it. */
export function adapted(scope: Scope, layer: Omit<Layer, 'name'>): Value {
  return scope.adapt({ ...layer, name: scope.path.slice(0, -1) });
}

/** The parameter `name` of this scope, float32. Throws GraphError if it was used with another shape. */
export function weight(scope: Scope, name: string, shape: readonly number[]): Value {
  return parameter(scope.graph, scope.path + name, shape);
}
