/**
 * A computation as data: values, the nodes that make them, the inputs they start from.
 *
 * A graph only grows, and its nodes stand in an order in which they can run. It knows operators only by their
 * definitions (operator.ts) and nothing of models, files or engines.
 */
import { GraphError } from '../errors.ts';
import type { DType } from './dtype.ts';
import type { Operator } from './operator.ts';
import type { Shape } from './shape.ts';

/** One tensor of the computation. */
export interface Value {
  readonly graph: Graph;
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** The node that makes it; absent for inputs, parameters and constants. */
  readonly node?: Node;
}

export interface Node {
  readonly operator: Operator;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

/** A number, string or list of numbers is written to ONNX; other structures are for an operator's own rules. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | Shape
  | readonly Readonly<Record<string, number>>[];
export type Attributes = Readonly<Record<string, Attribute | undefined>>;

export type ConstantData = Float32Array | BigInt64Array | Int32Array | Uint8Array;

export interface Constant {
  readonly value: Value;
  readonly data: ConstantData;
}

export interface Graph {
  readonly nodes: Node[];
  readonly inputs: Map<string, Value>;
  /** Weights, under the names of the Hugging Face state dict. */
  readonly parameters: Map<string, Value>;
  readonly constants: Map<string, Constant>;
  /** Where each symbolic dimension can be read when the graph runs: the first value that has it, and its axis. */
  readonly dimensions: Map<string, { value: Value; axis: number }>;
  /** Values that were computed once for the graph and are used again (shapes, masks), by a key of their maker. */
  readonly shared: Map<string, Value>;
}

export function createGraph(): Graph {
  return {
    nodes: [],
    inputs: new Map(),
    parameters: new Map(),
    constants: new Map(),
    dimensions: new Map(),
    shared: new Map(),
  };
}

/** A new value of `graph`; every symbolic dimension seen for the first time becomes readable through it. */
export function createValue(graph: Graph, name: string, dtype: DType, shape: Shape, node?: Node): Value {
  const value: Value = node ? { graph, name, dtype, shape, node } : { graph, name, dtype, shape };
  shape.forEach((dim, axis) => {
    if (typeof dim === 'string' && !graph.dimensions.has(dim)) graph.dimensions.set(dim, { value, axis });
  });
  return value;
}

/** A value that is fed at every run. */
export function input(graph: Graph, name: string, dtype: DType, shape: Shape): Value {
  if (graph.inputs.has(name) || graph.parameters.has(name)) {
    throw new GraphError(
      `The graph has an input or parameter named ${name} already.`,
      'Choose another name.',
    );
  }
  const value = createValue(graph, name, dtype, shape);
  graph.inputs.set(name, value);
  return value;
}

/** A weight. Asking again for the same name gives the same value (tied weights); another shape is an error. */
export function parameter(graph: Graph, name: string, shape: readonly number[]): Value {
  const known = graph.parameters.get(name);
  if (known) {
    if (known.shape.join() === shape.join()) return known;
    throw new GraphError(`Parameter ${name} is used with shapes [${known.shape}] and [${shape}].`);
  }
  const value = createValue(graph, name, 'float32', shape);
  graph.parameters.set(name, value);
  return value;
}

/** A tensor that is part of the graph. Equal small constants are kept once. */
export function constant(graph: Graph, data: ConstantData, shape: readonly number[]): Value {
  const dtype = dtypeOfData(data);
  const key = data.length <= 64 ? `${dtype}[${shape}]{${data.join()}}` : undefined;
  const known = key === undefined ? undefined : graph.constants.get(key);
  if (known) return known.value;
  const size = shape.reduce((n, dim) => n * dim, 1);
  if (size !== data.length) {
    throw new GraphError(`A constant of shape [${shape}] needs ${size} elements, not ${data.length}.`);
  }
  const name = `constant_${graph.constants.size}`;
  const value = createValue(graph, name, dtype, shape);
  graph.constants.set(key ?? name, { value, data });
  return value;
}

function dtypeOfData(data: ConstantData): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof BigInt64Array) return 'int64';
  return data instanceof Int32Array ? 'int32' : 'bool';
}

/** A float32 constant of rank 0. */
export function scalar(graph: Graph, value: number): Value {
  return constant(graph, Float32Array.of(value), []);
}

/** An int64 constant of rank 1. */
export function ints(graph: Graph, values: readonly number[]): Value {
  return constant(graph, BigInt64Array.from(values, BigInt), [values.length]);
}

/** What `make` gives, made once a graph for each key. */
export function shared(graph: Graph, key: string, make: () => Value): Value {
  const known = graph.shared.get(key);
  if (known) return known;
  const value = make();
  graph.shared.set(key, value);
  return value;
}
