import { expect, test } from 'vitest';
import { GraphError } from '../errors.ts';
import { gradients } from './gradients.ts';
import { createGraph, input, parameter, type Value } from './graph.ts';
import { gelu } from './ops/activation.ts';
import { add, mul } from './ops/arithmetic.ts';
import { attention } from './ops/attention.ts';
import { argMax, embedding, gather } from './ops/gather.ts';
import { linear } from './ops/matmul.ts';
import { layerNorm } from './ops/normalization.ts';
import { reduceSum } from './ops/reduce.ts';
import { meanSquaredError } from './ops/statistics.ts';
import { evaluate, floats, integers, openSession, randomFloats, type TestTensor } from './testing.ts';

const vector = (name = 'x') => input(createGraph(), name, 'float32', [2]);

test('the gradient of a loss for itself is 1, or what comes from upstream', async () => {
  const x = vector();
  const loss = reduceSum(x);
  const [one] = gradients(loss, [loss]);
  const [upstream] = gradients(x, [x], x);
  const results = await evaluate({ one: one!, upstream: upstream! }, { x: floats([3, 4]) });
  expect(results['one']!.data).toEqual(Float32Array.of(1));
  expect(results['upstream']!.data).toEqual(Float32Array.of(3, 4));
});

test('a value that the loss does not depend on has no gradient', () => {
  const x = vector();
  const other = input(x.graph, 'other', 'float32', [2]);
  expect(gradients(reduceSum(x), [other, mul(x, 2)])).toEqual([undefined, undefined]);
});

test('values within the computation have gradients too, summed over all their uses', async () => {
  const x = vector();
  const inner = mul(x, 3);
  const loss = reduceSum(add(mul(inner, inner), inner));
  const [dInner, dx] = gradients(loss, [inner, x]) as [Value, Value];
  const results = await evaluate({ dInner, dx }, { x: floats([1, 2]) });
  expect(results['dInner']!.data).toEqual(Float32Array.of(7, 13));
  expect(results['dx']!.data).toEqual(Float32Array.of(21, 39));
});

test('a loss that is no number is refused, and an upstream gradient of another shape too', () => {
  const x = vector();
  expect(() => gradients(x, [x])).toThrow(/shape \[2\], not rank 0/);
  expect(() => gradients(x, [x], input(x.graph, 'up', 'float32', [3]))).toThrow(GraphError);
});

test('an operator without gradient is named when the loss depends on it, and only then', () => {
  const x = input(createGraph(), 'x', 'float32', [2, 3]);
  const picked = gather(mul(x, 2), argMax(x), 0);
  expect(gradients(reduceSum(picked), [x])[0]).toBeDefined();
});

test('second derivatives of a layer norm are refused rather than wrong', () => {
  const x = input(createGraph(), 'x', 'float32', [2, 3]);
  const [w, b] = [parameter(x.graph, 'w', [3]), parameter(x.graph, 'b', [3])];
  const [first] = gradients(reduceSum(layerNorm(x, w, b, 1e-5)), [x]) as [Value];
  expect(() => gradients(reduceSum(first), [x])).toThrow(/LayerNormalization: has no second derivative/);
});

const [vocabulary, size, inner] = [300, 64, 256];

/** Loss and gradients of one transformer layer over [batch, length] tokens. */
function transformerLayer() {
  const graph = createGraph();
  const weight = (name: string, ...shape: number[]) => parameter(graph, name, shape);
  const ids = input(graph, 'ids', 'int64', ['batch', 'length']);
  const norm = (x: Value, name: string) =>
    layerNorm(x, weight(`${name}.weight`, size), weight(`${name}.bias`, size), 1e-5);
  const dense = (x: Value, name: string, inputs: number, out: number) =>
    linear(x, weight(`${name}.weight`, out, inputs), weight(`${name}.bias`, out));
  const x = embedding(weight('words', vocabulary, size), ids);
  const y = norm(x, 'norm1');
  const [q, k, v] = ['q', 'k', 'v'].map((name) => dense(y, name, size, size)) as [Value, Value, Value];
  const h = add(x, dense(attention(q, k, v, { heads: 4 }), 'out', size, size));
  const mlp = dense(gelu(dense(norm(h, 'norm2'), 'up', size, inner)), 'down', inner, size);
  const loss = meanSquaredError(add(h, mlp), input(graph, 'target', 'float32', ['batch', 'length', size]));
  const names = [...graph.parameters.keys()];
  const found = gradients(loss, [...graph.parameters.values()]);
  const outputs = Object.fromEntries(names.map((name, i) => [`d ${name}`, found[i]!]));
  return { graph, outputs: { loss, ...outputs } };
}

test('a training step of a transformer layer gives the same bits at every run, on several threads', async () => {
  const { graph, outputs } = transformerLayer();
  const run = await openSession(outputs, { threads: 4 });
  const feeds: Record<string, TestTensor> = {};
  for (const [name, { shape }] of graph.parameters)
    feeds[name] = randomFloats(name.length, shape as number[]);
  const { data } = randomFloats(7, [16 * 40], 0, vocabulary);
  feeds['ids'] = integers([...(data as Float32Array)].map(Math.floor), [16, 40]);
  feeds['target'] = randomFloats(8, [16, 40, size]);
  const first = await run(feeds);
  for (let i = 0; i < 10; i++) {
    const again = await run(feeds);
    for (const name of Object.keys(first)) expect(again[name], name).toEqual(first[name]);
  }
});

test('the backward pass of a transformer layer writes no expanded gradient and few nodes', () => {
  const { graph } = transformerLayer();
  const count = (type: string) => graph.nodes.filter(({ operator }) => operator.type === type).length;
  // The zeros and the indices of the embedding's gradient; everything else broadcasts by itself.
  expect(count('Expand')).toBeLessThanOrEqual(3);
  expect(graph.nodes.length).toBeLessThan(150);
});
