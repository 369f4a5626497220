/**
 * Gradient checkpointing (Chen et al., arXiv 1604.06174): what lies between two kept values is computed again when the
 * backward pass arrives there, so that nothing in between has to stay in memory until then.
 */
import { GraphError } from '../errors.ts';
import { ints, type Node, type Value } from './graph.ts';
import { emit } from './operator.ts';
import { add, mul } from './ops/arithmetic.ts';
import { gather } from './ops/gather.ts';

/** The nodes after one kept value, up to the one that makes the next. */
interface Segment {
  readonly start: Value;
  readonly end: Value;
  readonly nodes: readonly Node[];
  /** Made when it is first needed. */
  copies?: ReadonlyMap<Node, Node>;
}

/** The node to differentiate in the place of `node`; `gradientOf` gives the gradients that are known by then. */
export type Recompute = (node: Node, gradientOf: ReadonlyMap<Value, Value>) => Node;

/**
 * Recomputes what lies between consecutive `checkpoints`, values that `nodes` make in this order. What comes before the
 * first and after the last is kept. Throws GraphError for a checkpoint that no node makes, or in another order.
 */
export function recompute(nodes: readonly Node[], checkpoints: readonly Value[]): Recompute {
  const places = checkpoints.map((value) => (value.node ? nodes.indexOf(value.node) : -1));
  if (places.some((place, i) => place < 0 || place < (places[i - 1] ?? 0))) {
    throw new GraphError(
      'The checkpoints are not made in their order by the nodes before the loss.',
      'Give outputs of layers, first to last.',
    );
  }
  const segments = new Map<Node, Segment>();
  checkpoints.slice(1).forEach((end, i) => {
    const between = nodes.slice(places[i]! + 1, places[i + 1]! + 1);
    const segment: Segment = { start: checkpoints[i]!, end, nodes: between };
    for (const node of between) segments.set(node, segment);
  });
  return (node, gradientOf) => {
    const segment = segments.get(node);
    const gradient = segment && gradientOf.get(segment.end);
    if (!segment || !gradient) return node;
    segment.copies ??= copiesOf(segment, gradient);
    return segment.copies.get(node) ?? node;
  };
}

/** The nodes that depend on the start of a segment, a second time. */
function copiesOf({ start, nodes }: Segment, gradient: Value): ReadonlyMap<Node, Node> {
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
 * x, once `gradient` is there. Without this an engine may compute the copies early, or see that they are what it has
 * already, and keep both. A finite number times 0 changes nothing, and no engine may leave it out: it could be infinite.
 */
function after(x: Value, gradient: Value): Value {
  return add(x, mul(gather(gradient, ints(gradient.graph, [0])), 0));
}
