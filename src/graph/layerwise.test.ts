import { expect, test } from 'vitest';
import { GraphError } from '../errors.ts';
import { gradients } from './gradients.ts';
import { createGraph, input, parameter, type Value } from './graph.ts';
import { gelu } from './ops/activation.ts';
import { add } from './ops/arithmetic.ts';
import { linear } from './ops/matmul.ts';
import { layerNorm } from './ops/normalization.ts';
import { meanSquaredError } from './ops/statistics.ts';
import { openSession, randomFloats, type TestTensor } from './testing.ts';

const [size, layers] = [8, 4];

/** A stack of residual layers, and the gradients of its parameters with all layers but the last computed twice or not. */
function stack(again: boolean) {
  const graph = createGraph();
  const weight = (name: string, ...shape: number[]) => parameter(graph, name, shape);
  const outputs: Value[] = [add(input(graph, 'x', 'float32', ['rows', size]), weight('first', size))];
  for (let i = 0; i < layers; i++) {
    const x = outputs[i]!;
    const normal = layerNorm(x, weight(`${i} scale`, size), weight(`${i} shift`, size), 1e-5);
    const inner = gelu(linear(normal, weight(`${i} up`, 3 * size, size), weight(`${i} bias`, 3 * size)));
    outputs.push(add(x, linear(inner, weight(`${i} down`, size, 3 * size))));
  }
  const loss = meanSquaredError(outputs[layers]!, input(graph, 'target', 'float32', ['rows', size]));
  const found = gradients(loss, [...graph.parameters.values()], undefined, {
    outputs: again ? outputs : [],
    recompute: again,
  });
  const named = [...graph.parameters.keys()].map((name, i) => [`d ${name}`, found[i]!] as const);
  return { graph, outputs, gradients: Object.fromEntries(named) };
}

test('gradients through layers that are computed again are the same bit by bit', async () => {
  const kept = stack(false);
  const feeds: Record<string, TestTensor> = {
    x: randomFloats(1, [5, size]),
    target: randomFloats(2, [5, size]),
  };
  for (const [name, { shape }] of kept.graph.parameters)
    feeds[name] = randomFloats(name.length, shape as number[]);
  const wanted = await (await openSession(kept.gradients))(feeds);
  const found = await (await openSession(stack(true).gradients))(feeds);
  for (const name of Object.keys(wanted)) expect(found[name], name).toEqual(wanted[name]);
});

test('the backward pass reads nothing from inside the layers that it computes again', () => {
  const { graph, outputs, gradients: wanted } = stack(true);
  const end = graph.nodes.indexOf(outputs[layers]!.node!);
  const [first, last] = [outputs[0]!, outputs[layers - 1]!].map((value) =>
    graph.nodes.indexOf(value.node!),
  ) as [number, number];
  const inside = new Set(graph.nodes.slice(first, last + 1).flatMap((node) => node.outputs));
  for (const value of outputs.slice(0, -1)) inside.delete(value);
  const reachable = new Set<Value>(Object.values(wanted));
  for (const node of [...graph.nodes.slice(end)].reverse()) {
    if (!node.outputs.some((output) => reachable.has(output))) continue;
    for (const value of node.inputs) if (value) reachable.add(value);
  }
  expect([...reachable].filter((value) => inside.has(value)).map(({ name }) => name)).toEqual([]);
});

test('outputs of layers that no node makes in this order are refused', () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', ['rows', size]);
  const [a, b] = [gelu(x), gelu(gelu(x))];
  const loss = meanSquaredError(add(a, b), x);
  expect(() => gradients(loss, [x], undefined, { outputs: [x, a], recompute: false })).toThrow(GraphError);
  expect(() => gradients(loss, [x], undefined, { outputs: [b, a], recompute: false })).toThrow(/order/);
});
