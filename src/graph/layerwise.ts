/**
 * The backward pass layer by layer, so that what it holds in memory is that of few layers.
 *
 * An engine may run nodes in any order that their inputs allow. ONNX Runtime first follows the gradient down to the first
 * layer, and then computes the gradients of all the weights: until then the gradients inside of all layers are held.
 * Here each layer waits until those of the layer above are done. With `recompute` (gradient checkpointing: Chen et al.,
 * arXiv 1604.06174) what is inside a layer is not held for the backward pass either, but computed again.
 */
import { GraphError } from '../errors.ts';
import type { Node, Value } from './graph.ts';
import { ints } from './graph.ts';
import { emit } from './operator.ts';
import { add, mul } from './ops/arithmetic.ts';
import { gather } from './ops/gather.ts';
import { reshape, slice } from './ops/layout.ts';

export interface Layers {
  /** What goes into the first layer, then the output of each. */
  readonly outputs: readonly Value[];
  readonly recompute: boolean;
}

/** The nodes of a layer. */
interface Layer {
  readonly start: Value;
  readonly end: Value;
  readonly nodes: readonly Node[];
  readonly recompute: boolean;
  entered: boolean;
  copies?: ReadonlyMap<Node, Node>;
}

/**
 * Called with each node before its gradient rule, last node first, and the gradients that are known by then, which it may
 * replace. Returns the node whose values the rule is to read.
 */
export type EnterNode = (node: Node, gradientOf: Map<Value, Value>) => Node;

/** Throws GraphError for outputs of layers that `nodes` do not make in this order. `weights` are what is differentiated for. */
export function layerwise(
  nodes: readonly Node[],
  { outputs, recompute }: Layers,
  weights: readonly Value[],
): EnterNode {
  const layerOf = new Map<Node, Layer>();
  for (const layer of layersOf(nodes, outputs, recompute)) {
    for (const node of layer.nodes) layerOf.set(node, layer);
  }
  const done = new Set<Value>();
  return (node, gradientOf) => {
    const layer = layerOf.get(node);
    const gradient = layer && gradientOf.get(layer.end);
    if (!layer || !gradient) return node;
    if (!layer.entered) {
      layer.entered = true;
      const above = weights.flatMap((weight) => {
        const found = gradientOf.get(weight);
        if (!found || done.has(weight)) return [];
        done.add(weight);
        return [found];
      });
      const waiting = above.reduce(after, gradient);
      gradientOf.set(layer.end, waiting);
      if (layer.recompute) layer.copies = copiesOf(layer, waiting);
    }
    return layer.copies?.get(node) ?? node;
  };
}

function layersOf(nodes: readonly Node[], outputs: readonly Value[], recompute: boolean): Layer[] {
  const places = outputs.map((value) => (value.node ? nodes.indexOf(value.node) : -1));
  if (places.some((place, i) => place < 0 || place < (places[i - 1] ?? 0))) {
    throw new GraphError(
      'The outputs of layers are not made in their order by the nodes before the loss.',
      'Give them first to last.',
    );
  }
  return outputs.slice(1).map((end, i) => ({
    start: outputs[i]!,
    end,
    nodes: nodes.slice(places[i]! + 1, places[i + 1]! + 1),
    // What is in the last layer is read at once.
    recompute: recompute && i < outputs.length - 2,
    entered: false,
  }));
}

/** The nodes that depend on the input of a layer, a second time. */
function copiesOf({ start, nodes }: Layer, gradient: Value): ReadonlyMap<Node, Node> {
  const values = new Map<Value, Value>([[start, after(start, gradient)]]);
  const copies = new Map<Node, Node>();
  for (const node of nodes) {
    if (!node.inputs.some((value) => value && values.has(value))) continue;
    const inputs = node.inputs.map((value) => value && (values.get(value) ?? value));
    const outputs = emit(node.operator, inputs, node.attributes);
    for (const [i, output] of node.outputs.entries()) values.set(output, outputs[i]!);
    copies.set(node, outputs[0]!.node!);
  }
  return copies;
}

/**
 * x, once `other` is there. A finite number times 0 changes nothing, and no engine may leave it out: it could be infinite.
 * So copies that start from it are not merged with what they are copies of, either.
 */
function after(x: Value, other: Value): Value {
  // Its first row, and where the sizes are known its first element.
  const known = other.shape.every((dim) => typeof dim === 'number');
  const first = known
    ? reshape(
        slice(
          other,
          other.shape.map((_, axis) => ({ axis, start: 0, end: 1 })),
        ),
        [],
      )
    : gather(other, ints(other.graph, [0]));
  return add(x, mul(first, 0));
}
