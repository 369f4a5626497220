/**
 * A computation as data: values, the nodes that make them, the inputs they start from.
 *
 * A graph only grows, and its nodes stand in an order in which they can run. It knows the form of an operator but no
 * operator, and nothing of models, files or engines.
 */
import { GraphError } from '../errors.ts';
import type { DType } from './dtype.ts';
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

/** The settings of a node. Each operator has its own type of them; `Operator.attributes` says which ONNX stores, and how. */
export type Attributes = Readonly<Record<string, unknown>>;

/** How ONNX stores an attribute. */
export type AttributeKind = 'int' | 'float' | 'string' | 'ints';

export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** What a gradient rule may use: the node, and the gradient that arrives at its outputs. */
export interface GradientContext<A extends Attributes = Attributes> {
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: A;
  /** The loss's gradient with respect to each output; undefined where the loss does not depend on it. */
  readonly gradients: readonly (Value | undefined)[];
  /** Gradient of the first output, which most operators have only; zeros where the loss does not depend on it. */
  readonly gradient: Value;
  /** Is the gradient with respect to this input wanted? */
  readonly needs: (input: number) => boolean;
}

/** Everything about one operator; `defineOperator` in operator.ts makes it. */
export interface Operator<A extends Attributes = Attributes> {
  readonly type: string;
  /** Empty for ONNX's own operators, `com.microsoft` for those that ONNX Runtime adds. */
  readonly domain: string;
  /** The attributes that ONNX knows. Others steer our own rules and are not written. */
  readonly attributes: Readonly<Record<string, AttributeKind>>;
  /** Types of the outputs; throws GraphError (through `fail`) when the inputs do not fit. */
  infer(inputs: readonly Value[], attributes: A): readonly ValueType[];
  /** One gradient an input (undefined: none). Absent: the operator cannot be differentiated through. */
  gradient?(context: GradientContext<A>): readonly (Value | undefined)[];
}

/** Elements of a constant, row-major. A Uint8Array holds booleans, one a byte. */
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

/** A graph with nothing in it. */
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

/** A value that is fed at every run. Throws GraphError if the name is taken. */
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

/**
 * A weight, float32 unless it says otherwise. Asking again for the same name gives the same value (tied weights). Throws
 * GraphError if it had another shape or type.
 */
export function parameter(
  graph: Graph,
  name: string,
  shape: readonly number[],
  dtype: DType = 'float32',
): Value {
  const known = graph.parameters.get(name);
  if (known) {
    if (known.shape.join() === shape.join() && known.dtype === dtype) return known;
    throw new GraphError(
      `Parameter ${name} is used as ${known.dtype} [${known.shape}] and as ${dtype} [${shape}].`,
    );
  }
  const value = createValue(graph, name, dtype, shape);
  graph.parameters.set(name, value);
  return value;
}

/** A tensor that is part of the graph. Equal small constants are kept once. Throws GraphError if data and shape differ. */
export function constant(graph: Graph, data: ConstantData, shape: readonly number[]): Value {
  const dtype = dtypeOfData(data);
  const key = data.length <= 64 ? `${dtype}[${shape}]{${written(data)}}` : undefined;
  const known = key === undefined ? undefined : graph.constants.get(key);
  if (known) return known.value;
  const size = shape.reduce((n, dim) => n * dim, 1);
  if (size !== data.length) {
    throw new GraphError(`A constant of shape [${shape}] needs ${size} elements, not ${data.length}.`);
  }
  const name = `constant#${graph.constants.size}`;
  const value = createValue(graph, name, dtype, shape);
  graph.constants.set(key ?? name, { value, data });
  return value;
}

/** The elements as text; the two zeros differ. */
function written(data: ConstantData): string {
  const elements: Iterable<number | bigint> = data;
  return Array.from(elements, (x) => (Object.is(x, -0) ? '-0' : String(x))).join();
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
