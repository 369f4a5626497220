/**
 * Reverse-mode differentiation of a graph: the backward pass is added to the same graph, in ordinary operators.
 */
import { GraphError } from '../errors.ts';
import { type Node, scalar, type Value } from './graph.ts';
import { type Layers, layerwise } from './layerwise.ts';
import { add } from './ops/arithmetic.ts';
import { zeros } from './ops/reduce.ts';
import { formatShape, sameShape } from './shape.ts';

/**
 * The gradient of `loss` with respect to each of `wrt`, in that order and of their shapes.
 *
 * `loss` must have rank 0, unless `upstream`, a value of its shape, is given: then the result is the gradient of
 * sum(loss * upstream). A value that the loss does not depend on gets `undefined`. With
 * `layers` the backward pass finishes one layer before it begins the next, which takes less memory.
 * Throws GraphError where an operator on the way has no gradient.
 */
export function gradients(
  loss: Value,
  wrt: readonly Value[],
  upstream?: Value,
  layers: Layers = { outputs: [], recompute: false },
): readonly (Value | undefined)[] {
  if (!upstream && loss.shape.length > 0) {
    throw new GraphError(
      `The loss ${loss.name} has shape ${formatShape(loss.shape)}, not rank 0.`,
      'Reduce it to one number first, or give an upstream gradient.',
    );
  }
  if (upstream && !sameShape(upstream.shape, loss.shape)) {
    throw new GraphError(
      `The upstream gradient has shape ${formatShape(upstream.shape)}, but ${loss.name} has ${formatShape(loss.shape)}.`,
      'Give a gradient of the shape of the loss.',
    );
  }
  const { graph } = loss;
  const nodes = [...graph.nodes];
  const dependent = dependents(nodes, wrt);
  const gradientOf = new Map<Value, Value>([[loss, upstream ?? scalar(graph, 1)]]);
  const enter = layerwise([...nodes], layers, wrt);
  for (const node of nodes.reverse()) {
    const computed = enter(node, gradientOf);
    const outputs = node.outputs.map((output) => gradientOf.get(output));
    if (!outputs.some(Boolean) || !node.outputs.some((output) => dependent.has(output))) continue;
    backward(node, computed, outputs, dependent, gradientOf);
  }
  return wrt.map((value) => gradientOf.get(value));
}

/** All values that depend on any of `sources`, the sources included. */
function dependents(nodes: readonly Node[], sources: readonly Value[]): ReadonlySet<Value> {
  const dependent = new Set(sources);
  for (const node of nodes) {
    if (node.inputs.some((value) => value && dependent.has(value))) {
      for (const output of node.outputs) dependent.add(output);
    }
  }
  return dependent;
}

/** Applies the gradient rule of `node` to the values of `computed`, which is the node or a copy of it. */
function backward(
  node: Node,
  computed: Node,
  outputGradients: readonly (Value | undefined)[],
  dependent: ReadonlySet<Value>,
  gradientOf: Map<Value, Value>,
): void {
  const { operator, inputs, outputs, attributes } = node;
  if (!operator.gradient) {
    throw new GraphError(
      `${operator.type} (${outputs[0]!.name}) has no gradient.`,
      'Differentiate around it.',
    );
  }
  const { graph } = outputs[0]!;
  const needs = (i: number) => inputs[i] !== undefined && dependent.has(inputs[i]);
  const results = operator.gradient({
    graph,
    inputs: computed.inputs as readonly Value[],
    outputs: computed.outputs,
    attributes,
    gradients: outputGradients,
    gradient: outputGradients[0] ?? zeros(graph, outputs[0]!.shape),
    needs,
  });
  inputs.forEach((value, i) => {
    const gradient = results[i];
    if (!value || !gradient || !needs(i)) return;
    if (!sameShape(gradient.shape, value.shape)) {
      throw new GraphError(
        `The gradient rule of ${operator.type} gives ${formatShape(gradient.shape)} for ${value.name} ${formatShape(value.shape)}.`,
        'This is a defect of the rule.',
      );
    }
    const known = gradientOf.get(value);
    gradientOf.set(value, known ? add(known, gradient) : gradient);
  });
}
