import { expect, test } from 'vitest';
import { createGraph, input, parameter, type Value } from './graph.ts';
import { integerLayouts, integerWeights, scaleName } from './integerWeights.ts';
import { mul } from './ops/arithmetic.ts';
import { conv2d } from './ops/convolution.ts';
import { embedding } from './ops/gather.ts';
import { reshape } from './ops/layout.ts';
import { linear } from './ops/matmul.ts';
import { rewrite } from './rewrite.ts';
import { bytes, evaluate, integers, randomFloats, type TestTensor } from './testing.ts';

/** An embedding, a linear layer whose weight may be read elsewhere too, and a convolution. */
function model({ readTwice = false } = {}) {
  const graph = createGraph();
  const ids = input(graph, 'ids', 'int64', ['n', 16]);
  const words = embedding(parameter(graph, 'words', [20, 16]), ids);
  const dense = parameter(graph, 'dense', [24, 16]);
  const weight = readTwice ? mul(dense, 2) : dense;
  const rows = linear(words, weight, parameter(graph, 'bias', [24]));
  const picture = reshape(rows, [-1, 16, 6, 4]);
  const y = conv2d(picture, parameter(graph, 'window', [16, 16, 3, 3]), undefined, { padding: 1 });
  return { graph, outputs: { y } };
}

const layouts = { words: 'plain', dense: 'transposed', window: 'plain' } as const;

/** The stored tensors, and the float32 weights that they stand for. */
function weights() {
  const stored: Record<string, TestTensor> = {};
  const exact: Record<string, TestTensor> = { bias: randomFloats(9, [24]) };
  Object.entries({ words: [20, 16], dense: [24, 16], window: [16, 16, 3, 3] }).forEach(
    ([name, shape], seed) => {
      const values = (randomFloats(seed, shape, -127, 127).data as Float32Array).map(Math.round);
      const [rows = 1, ...rest] = shape;
      const columns = values.length / rows;
      const scale = randomFloats(seed + 5, [rows], 0.001, 0.02).data as Float32Array;
      exact[name] = { shape, data: values.map((value, i) => value * scale[Math.floor(i / columns)]!) };
      const turned = name === 'dense';
      stored[name] = turned
        ? bytes(
            values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!),
            [columns, rows],
          )
        : bytes(values, shape);
      stored[scaleName(name)] = { shape: turned ? [1, rows] : [rows, ...rest.map(() => 1)], data: scale };
    },
  );
  return { stored: { ...stored, bias: exact['bias']! }, exact };
}

const ids = integers(
  Array.from({ length: 48 }, (_, i) => (i * 7) % 20),
  [3, 16],
);

/** The largest difference, as a part of the largest value, of the model with int8 weights and the one with floats. */
async function error(options: { integerProducts: boolean; readTwice?: boolean }) {
  const { graph, outputs } = model(options);
  const { stored, exact } = weights();
  const layoutOf = (name: string) => layouts[name as keyof typeof layouts];
  const copy = rewrite(graph, outputs, [integerWeights({ ...options, layoutOf })]);
  const operators = operatorsOf(copy.outputs['y']!);
  const [a, b] = [
    await evaluate(outputs, { ids, ...exact }),
    await evaluate(copy.outputs, { ids, ...stored }),
  ];
  const [one, other] = [a['y']!.data, b['y']!.data].map((data) => data as Float32Array);
  const largest = Math.max(...one!.map(Math.abs));
  return { operators, error: Math.max(...one!.map((value, i) => Math.abs(value - other![i]!))) / largest };
}

function operatorsOf(value: Value): Set<string> {
  const found = new Set<string>();
  const visit = (at: Value | undefined) => {
    if (!at?.node) return;
    found.add(at.node.operator.type);
    at.node.inputs.forEach(visit);
  };
  visit(value);
  return found;
}

test('weights of linear layers, convolutions and embeddings can be int8', () => {
  expect(integerLayouts(model().graph)).toEqual(new Map(Object.entries(layouts)));
});

test('a weight that is read in another way too cannot be int8, nor one of few channels', () => {
  expect([...integerLayouts(model({ readTwice: true }).graph).keys()]).toEqual(['words', 'window']);
  const graph = createGraph();
  conv2d(input(graph, 'x', 'float32', [1, 4, 8, 8]), parameter(graph, 'w', [320, 4, 3, 3]));
  expect(integerLayouts(graph).size).toBe(0);
});

test('int8 weights that are only stored give what the floats give that they stand for', async () => {
  const { operators, error: found } = await error({ integerProducts: false });
  expect(found).toBeLessThan(1e-5);
  expect(operators).not.toContain('DynamicQuantizeMatMul');
});

test('integer products round the inputs of linear layers', async () => {
  const { operators, error: found } = await error({ integerProducts: true });
  expect(operators).toContain('DynamicQuantizeMatMul');
  expect(found).toBeGreaterThan(1e-5);
  expect(found).toBeLessThan(0.03);
});

test('int8 weights may be read in any way', async () => {
  expect((await error({ integerProducts: true, readTwice: true })).error).toBeLessThan(1e-5);
});
