/**
 * How an operator is defined, and how a node of it enters a graph.
 *
 * Everything about one operator stands in one definition: its ONNX type, the rule for its outputs' types and
 * shapes, and the rule for its gradient. A definition is made by `defineOperator` and used by `emit`; the public
 * face of an operator is a function named as the operator (`add(a, b)`).
 */
import { GraphError } from '../errors.ts';
import { isFloat } from './dtype.ts';
import {
  type AttributeKind,
  type Attributes,
  createValue,
  type Graph,
  type Node,
  type Operator,
  type Value,
} from './graph.ts';
import { formatShape } from './shape.ts';

export type { AttributeKind, GradientContext, Operator, ValueType } from './graph.ts';

/** The kinds in which ONNX can store a value of type T. */
type KindOf<T> = [T] extends [number]
  ? 'int' | 'float'
  : [T] extends [string]
    ? 'string'
    : [T] extends [readonly number[]]
      ? 'ints'
      : never;

/** An operator whose attributes have the type A. */
export function defineOperator<A extends Attributes>(definition: {
  type: string;
  domain?: string;
  attributes?: { readonly [Name in keyof A]?: KindOf<NonNullable<A[Name]>> };
  infer: Operator<A>['infer'];
  gradient?: NonNullable<Operator<A>['gradient']>;
}): Operator<A> {
  const attributes = (definition.attributes ?? {}) as Readonly<Record<string, AttributeKind>>;
  return { domain: '', ...definition, attributes };
}

/** The shape rule of element-wise operators: the output is as the first input, which must be floating-point. */
export function asInput(type: string): Operator['infer'] {
  return ([x]) => {
    if (!isFloat(x!.dtype)) fail(type, 'needs a floating-point operand', [x]);
    return [{ dtype: x!.dtype, shape: x!.shape }];
  };
}

/** Attributes may be left out where an operator has none. */
type AttributesOf<A> = Record<never, never> extends A ? [attributes?: A] : [attributes: A];

/** Adds a node to the graph of its inputs and returns its outputs. Optional inputs may be undefined. */
export function emit<A extends Attributes>(
  operator: Operator<A>,
  inputs: readonly (Value | undefined)[],
  ...[attributes = {} as A]: AttributesOf<A>
): readonly Value[] {
  const graph = graphOf(operator.type, inputs);
  const types = operator.infer(inputs as readonly Value[], attributes);
  const outputs: Value[] = [];
  const node: Node = { operator, inputs, outputs, attributes };
  // No state dict and no caller has names with #, so these are free.
  const name = `${operator.type}#${graph.nodes.length}`;
  types.forEach(({ dtype, shape }, i) => {
    outputs.push(createValue(graph, i === 0 ? name : `${name}.${i}`, dtype, shape, node));
  });
  graph.nodes.push(node);
  return outputs;
}

/** The same for operators with one output. */
export function emitOne<A extends Attributes>(
  operator: Operator<A>,
  inputs: readonly (Value | undefined)[],
  ...attributes: AttributesOf<A>
): Value {
  return emit(operator, inputs, ...attributes)[0]!;
}

/** Throws unless the operands are in one graph, which is returned. */
function graphOf(type: string, inputs: readonly (Value | undefined)[]): Graph {
  const graph = inputs.find((value) => value !== undefined)?.graph;
  if (!graph) throw new GraphError(`${type}: needs at least one operand.`);
  const stranger = inputs.find((value) => value && value.graph !== graph);
  if (stranger) {
    throw new GraphError(`${type}: ${stranger.name} belongs to another graph.`, 'Build both in one graph.');
  }
  return graph;
}

/** Throws the error of an operator whose operands do not fit: operator, reason, every operand's name and shape. */
export function fail(operator: string, reason: string, operands: readonly (Value | undefined)[]): never {
  const list = operands
    .filter((value) => value !== undefined)
    .map((value) => `${value.name} ${value.dtype}${formatShape(value.shape)}`);
  throw new GraphError(`${operator}: ${reason}: ${list.join(', ')}.`);
}
