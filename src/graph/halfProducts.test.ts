import { expect, test } from 'vitest';
import { createGraph, input, type Value } from './graph.ts';
import { halfProducts, halfProductsEmulated } from './halfProducts.ts';
import { add } from './ops/arithmetic.ts';
import { transpose } from './ops/layout.ts';
import { fusedMatMul, linear, matmul, productsApart } from './ops/matmul.ts';
import { softmax } from './ops/softmax.ts';
import { rewrite } from './rewrite.ts';
import { reachable } from './serialize.ts';
import { evaluate, floats, randomFloats } from './testing.ts';

function sample() {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', ['n', 6]);
  const w = input(graph, 'w', 'float32', [4, 6]);
  const b = input(graph, 'b', 'float32', [4]);
  const rows = linear(x, w, b);
  const scores = matmul(rows, transpose(rows, [1, 0]));
  return { graph, outputs: { y: add(softmax(scores), scores) } };
}

const feeds = { x: randomFloats(1, [3, 6]), w: randomFloats(2, [4, 6]), b: randomFloats(3, [4]) };

const nodesOf = (outputs: Readonly<Record<string, Value>>) =>
  reachable(Object.values(outputs)[0]!.graph, Object.values(outputs)).nodes;

test('products are in float16, everything else in float32, and the result differs by the rounding of float16', async () => {
  const { graph, outputs } = sample();
  const half = rewrite(graph, outputs, [halfProducts()]);
  const emulated = rewrite(half.graph, half.outputs, [halfProductsEmulated]);
  for (const node of nodesOf(half.outputs)) {
    if (['Gemm', 'MatMul', 'Transpose'].includes(node.operator.type))
      expect(node.outputs[0]!.dtype).toBe('float16');
    if (['Softmax', 'Add'].includes(node.operator.type)) expect(node.outputs[0]!.dtype).toBe('float32');
  }
  expect(half.outputs['y']).toMatchObject({ dtype: 'float32', shape: ['n', 'n'] });
  const [exact, rounded] = [await evaluate(outputs, feeds), await evaluate(emulated.outputs, feeds)];
  const errors = (exact['y']!.data as Float32Array).map((value, i) =>
    Math.abs(value - Number(rounded['y']!.data[i])),
  );
  expect(Math.max(...errors)).toBeGreaterThan(1e-6);
  expect(Math.max(...errors)).toBeLessThan(1e-2);
});

test('what was only moved since a product is not widened in between, and a value is rounded once', () => {
  const { graph, outputs } = sample();
  const casts = nodesOf(rewrite(graph, outputs, [halfProducts()]).outputs).filter(
    ({ operator }) => operator.type === 'Cast',
  );
  // x, w and b on the way in, the scores on the way out.
  expect(casts).toHaveLength(4);
});

test('nodes that are excepted stay as they are', async () => {
  const { graph, outputs } = sample();
  const same = rewrite(graph, outputs, [halfProducts(new Set(graph.nodes))]);
  expect(await evaluate(same.outputs, feeds)).toEqual(await evaluate(outputs, feeds));
});

test('emulated products overflow as those of float16 do', async () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', [1, 2]);
  const half = rewrite(graph, { y: matmul(x, transpose(x, [1, 0])) }, [halfProducts()]);
  const { outputs } = rewrite(half.graph, half.outputs, [halfProductsEmulated]);
  const square = async (value: number) =>
    (await evaluate(outputs, { x: floats([value, value], [1, 2]) }))['y']!.data[0];
  expect([await square(180), await square(182)]).toEqual([64_800, Number.POSITIVE_INFINITY]);
});

test.each([
  { transA: false, transB: true, alpha: 1 },
  { transA: true, transB: false, alpha: 0.5 },
  { transA: true, transB: true, alpha: 2 },
])('a FusedMatMul taken apart is the same product: %o', async (options) => {
  const graph = createGraph();
  const a = input(graph, 'a', 'float32', options.transA ? [2, 4, 3] : [2, 3, 4]);
  const b = input(graph, 'b', 'float32', options.transB ? [2, 5, 4] : [2, 4, 5]);
  const outputs = { y: fusedMatMul(a, b, options) };
  const apart = rewrite(graph, outputs, [productsApart]);
  expect(nodesOf(apart.outputs).map(({ operator }) => operator.type)).not.toContain('FusedMatMul');
  const tensors = { a: randomFloats(1, a.shape as number[]), b: randomFloats(2, b.shape as number[]) };
  const [one, other] = [await evaluate(outputs, tensors), await evaluate(apart.outputs, tensors)];
  expect(other['y']!.shape).toEqual([2, 3, 5]);
  (one['y']!.data as Float32Array).forEach((value, i) => {
    expect(other['y']!.data[i]).toBeCloseTo(value, 5);
  });
});
