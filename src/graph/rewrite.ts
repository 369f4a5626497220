/**
 * Copies a graph with some of its parts computed in another way: what a device or a weights file asks for, so that models
 * are written once. Knows no operator; the rules do.
 */
import { constant, createGraph, type Graph, input, type Node, parameter, type Value } from './graph.ts';
import { emit } from './operator.ts';

/** What may be computed otherwise. A member that gives undefined leaves its argument as it is. */
export interface Rules {
  /** What stands for a parameter, built in `graph`, the copy. */
  readonly parameter?: (graph: Graph, original: Value) => Value | undefined;
  /** What stands for the outputs of a node; `inputs` are its inputs in the copy. */
  readonly node?: (original: Node, inputs: readonly (Value | undefined)[]) => readonly Value[] | undefined;
}

/**
 * `outputs` and what they need, in a new graph, by `rules`: of several that have an answer, the first holds. A replacement
 * must have the type and shape of the original.
 */
export function rewrite(
  original: Graph,
  outputs: Readonly<Record<string, Value>>,
  rules: readonly Rules[],
): { readonly graph: Graph; readonly outputs: Readonly<Record<string, Value>> } {
  const graph = createGraph();
  const copies = new Map<Value, Value>();
  for (const [name, value] of original.inputs)
    copies.set(value, input(graph, name, value.dtype, value.shape));
  for (const { value, data } of original.constants.values()) {
    copies.set(value, constant(graph, data, value.shape as readonly number[]));
  }
  for (const [name, value] of original.parameters) {
    const other = firstAnswer(rules, (rule) => rule.parameter?.(graph, value));
    copies.set(value, other ?? parameter(graph, name, value.shape as readonly number[], value.dtype));
  }
  for (const node of original.nodes) {
    const inputs = node.inputs.map((value) => value && copies.get(value));
    const others = firstAnswer(rules, (rule) => rule.node?.(node, inputs));
    const made = others ?? emit(node.operator, inputs, node.attributes);
    node.outputs.forEach((value, i) => {
      copies.set(value, made[i]!);
    });
  }
  const copied = Object.entries(outputs).map(([name, value]) => [name, copies.get(value)!] as const);
  return { graph, outputs: Object.fromEntries(copied) };
}

function firstAnswer<Answer>(
  rules: readonly Rules[],
  ask: (rule: Rules) => Answer | undefined,
): Answer | undefined {
  for (const rule of rules) {
    const answer = ask(rule);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
