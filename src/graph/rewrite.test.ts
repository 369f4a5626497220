import { expect, test } from 'vitest';
import type { Value } from './graph.ts';
import { createGraph, input, parameter } from './graph.ts';
import { add, mul } from './ops/arithmetic.ts';
import { cos, sin } from './ops/elementwise.ts';
import { layerNorm } from './ops/normalization.ts';
import { softmax } from './ops/softmax.ts';
import { split } from './ops/split.ts';
import { rewrite } from './rewrite.ts';
import { serialize } from './serialize.ts';
import { evaluate, randomFloats } from './testing.ts';

/** Inputs, a parameter that is used twice, constants, optional inputs, and nodes of several outputs. */
function sample() {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', ['n', 6]);
  const w = parameter(graph, 'w', [6]);
  const [left, right] = split(layerNorm(mul(x, w), w, w, 1e-5), 1, [2, 4]) as [Value, Value];
  return { graph, outputs: { left: sin(left), right: softmax(add(right, 2)) } };
}

const feeds = { x: randomFloats(1, [3, 6]), w: randomFloats(2, [6]) };

test('without rules the copy is the same model, byte for byte', () => {
  const { graph, outputs } = sample();
  const copy = rewrite(graph, outputs, []);
  const bind = () => ({ kind: 'input' }) as const;
  expect(Object.is(copy.graph, graph)).toBe(false);
  expect(serialize(copy.graph, { outputs: copy.outputs, bind })).toEqual(serialize(graph, { outputs, bind }));
});

test('the first rule with an answer replaces a node; other outputs do not change', async () => {
  const { graph, outputs } = sample();
  const copy = rewrite(graph, outputs, [
    { node: ({ operator }, [x]) => (operator.type === 'Sin' ? [cos(x!)] : undefined) },
    { node: ({ operator }, [x]) => (operator.type === 'Sin' ? [x!] : undefined) },
  ]);
  const [before, after] = [await evaluate(outputs, feeds), await evaluate(copy.outputs, feeds)];
  expect(after['right']).toEqual(before['right']);
  const [one, other] = [before['left']!.data, after['left']!.data].map((data) => data as Float32Array);
  one!.forEach((value, i) => {
    expect(value ** 2 + other![i]! ** 2).toBeCloseTo(1, 5);
  });
});

test('a rule replaces a parameter wherever it is used', async () => {
  const { graph, outputs } = sample();
  const copy = rewrite(graph, outputs, [
    { parameter: (to, { name, shape }) => mul(parameter(to, `half ${name}`, shape as number[]), 2) },
  ]);
  expect([...copy.graph.parameters.keys()]).toEqual(['half w']);
  const halves = {
    x: feeds.x,
    'half w': { ...feeds.w, data: (feeds.w.data as Float32Array).map((v) => v / 2) },
  };
  expect(await evaluate(copy.outputs, halves)).toEqual(await evaluate(outputs, feeds));
});
