/**
 * What an operator is, and how a node of it enters a graph.
 *
 * Everything about one operator stands in one definition: its ONNX type, the rule for its outputs' types and
 * shapes, and the rule for its gradient. A definition is made by `defineOperator` and used by `emit`; the public
 * face of an operator is a function named as the operator (`add(a, b)`).
 */
import { GraphError } from '../errors.ts';
import type { DType } from './dtype.ts';
import { type Attributes, createValue, type Graph, type Node, type Value } from './graph.ts';
import { formatShape, type Shape } from './shape.ts';

export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** How ONNX stores an attribute. `rule` attributes steer our own rules and are not written. */
export type AttributeKind = 'int' | 'float' | 'string' | 'ints' | 'rule';

export interface GradientContext {
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** The loss's gradient with respect to each output; undefined where the loss does not depend on it. */
  readonly gradients: readonly (Value | undefined)[];
  /** Gradient of the first output, which most operators have only. */
  readonly gradient: Value;
  /** Is the gradient with respect to this input wanted? */
  readonly needs: (input: number) => boolean;
}

export interface Operator {
  readonly type: string;
  /** Empty for ONNX's own operators, `com.microsoft` for those that ONNX Runtime adds. */
  readonly domain: string;
  readonly attributes: Readonly<Record<string, AttributeKind>>;
  /** Types of the outputs; throws GraphError (through `fail`) when the inputs do not fit. */
  readonly infer: (inputs: readonly Value[], attributes: Attributes) => readonly ValueType[];
  /** One gradient an input (undefined: none). Absent: the operator cannot be differentiated through. */
  readonly gradient?: (context: GradientContext) => readonly (Value | undefined)[];
}

export function defineOperator(definition: {
  type: string;
  domain?: string;
  attributes?: Record<string, AttributeKind>;
  infer: Operator['infer'];
  gradient?: Operator['gradient'];
}): Operator {
  return { domain: '', attributes: {}, ...definition } as Operator;
}

/** Adds a node to the graph of its inputs and returns its outputs. Optional inputs may be undefined. */
export function emit(
  operator: Operator,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): readonly Value[] {
  const graph = graphOf(operator, inputs);
  const types = operator.infer(inputs as readonly Value[], attributes);
  const outputs: Value[] = [];
  const node: Node = { operator, inputs, outputs, attributes };
  const name = `${operator.type}_${graph.nodes.length}`;
  types.forEach(({ dtype, shape }, i) => {
    outputs.push(createValue(graph, i === 0 ? name : `${name}.${i}`, dtype, shape, node));
  });
  graph.nodes.push(node);
  return outputs;
}

/** The same for operators with one output. */
export function emitOne(
  operator: Operator,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = {},
): Value {
  return emit(operator, inputs, attributes)[0] as Value;
}

function graphOf(operator: Operator, inputs: readonly (Value | undefined)[]): Graph {
  const graph = inputs.find((value) => value !== undefined)?.graph;
  if (!graph) throw new GraphError(`${operator.type}: needs at least one operand.`);
  for (const value of inputs) {
    if (value && value.graph !== graph) {
      throw new GraphError(
        `${operator.type}: ${value.name} belongs to another graph.`,
        'Build both in one graph.',
      );
    }
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
