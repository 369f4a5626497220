/** One session serves every size of the symbolic dimensions, forward and backward. */
import { expect, test } from 'vitest';
import { gradients } from './gradients.ts';
import { createGraph, input, type Value } from './graph.ts';
import { add, mul } from './ops/arithmetic.ts';
import { attention } from './ops/attention.ts';
import { tanh } from './ops/elementwise.ts';
import { embedding } from './ops/gather.ts';
import { concat, reshape } from './ops/layout.ts';
import { linear } from './ops/matmul.ts';
import { layerNorm } from './ops/normalization.ts';
import { expand, reduceSum, sumTo } from './ops/reduce.ts';
import { reduceMean } from './ops/statistics.ts';
import { product, type Shape } from './shape.ts';
import { integers, openSession, randomFloats, type TestTensor } from './testing.ts';

type Sizes = Readonly<Record<string, number>>;
type Values = Readonly<Record<string, Value>>;

interface Model {
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly ids?: { readonly shape: Shape; readonly below: number };
  readonly build: (values: Values) => Value;
}

const sized = (shape: Shape, sizes: Sizes) =>
  shape.map((dim) => (typeof dim === 'number' ? dim : sizes[dim]!));

/** Opens sum(tanh(out)) and its gradients for the inputs, whose shapes hold the `fixed` dimensions as numbers. */
function open(model: Model, fixed: Sizes = {}) {
  const graph = createGraph();
  const shapeOf = (shape: Shape) => shape.map((dim) => (typeof dim === 'string' ? (fixed[dim] ?? dim) : dim));
  const values: Record<string, Value> = {};
  for (const [name, shape] of Object.entries(model.inputs)) {
    values[name] = input(graph, name, 'float32', shapeOf(shape));
  }
  const ids = model.ids && { ids: input(graph, 'ids', 'int64', shapeOf(model.ids.shape)) };
  const loss = reduceSum(tanh(model.build({ ...values, ...ids })));
  const found = gradients(loss, Object.values(values));
  const names = Object.keys(values).map((name) => `d ${name}`);
  return openSession({ loss, ...Object.fromEntries(names.map((name, i) => [name, found[i]!])) });
}

function feedsFor({ inputs, ids }: Model, sizes: Sizes): Record<string, TestTensor> {
  const feeds: Record<string, TestTensor> = {};
  Object.entries(inputs).forEach(([name, shape], i) => {
    feeds[name] = randomFloats(i + 1, sized(shape, sizes));
  });
  if (!ids) return feeds;
  const { shape, data } = randomFloats(99, sized(ids.shape, sizes), 0, ids.below);
  feeds['ids'] = integers([...(data as Float32Array)].map(Math.floor), shape);
  return feeds;
}

const models: Readonly<Record<string, Model>> = {
  'reshape to rows and back': {
    inputs: { x: ['batch', 'length', 6], w: [6, 6] },
    build: ({ x, w }) => linear(linear(x!, w!), w!),
  },
  'reshape of three symbolic dimensions': {
    inputs: { x: ['batch', 'length', 'width'] },
    build: ({ x }) => {
      const [batch, length, width] = x!.shape;
      const rows = reshape(x!, [product([batch!, length!]), width!]);
      return reshape(mul(rows, rows), [width!, batch!, length!]);
    },
  },
  'expand and sum of symbolic dimensions': {
    inputs: { x: ['length', 1], y: ['batch', 'length', 4] },
    build: ({ x, y }) => mul(expand(x!, y!.shape), sumTo(mul(y!, y!), x!.shape)),
  },
  'means over symbolic dimensions': {
    inputs: { x: ['batch', 'length', 3] },
    build: ({ x }) =>
      add(mul(reduceMean(mul(x!, x!), [0, 1], true), reduceMean(x!, [1], true)), reduceMean(x!)),
  },
  'an embedding and a layer norm': {
    inputs: { w: [7, 4], g: [4], b: [4] },
    ids: { shape: ['batch', 'length'], below: 7 },
    build: ({ w, ids, g, b }) => layerNorm(embedding(w!, ids!, 1), g!, b!, 1e-5),
  },
  'self-attention': {
    inputs: { x: ['batch', 'length', 8], bias: ['batch', 1, 1, 'length'] },
    build: ({ x, bias }) => attention(x!, mul(x!, x!), tanh(x!), { heads: 2, bias: bias! }),
  },
  'self-attention without bias': {
    inputs: { x: ['batch', 'length', 8] },
    build: ({ x }) => attention(x!, x!, x!, { heads: 4 }),
  },
  'self-attention with one bias for all': {
    inputs: { x: ['batch', 'length', 8], bias: [1, 1, 'length', 'length'] },
    build: ({ x, bias }) => attention(x!, x!, x!, { heads: 2, bias: bias! }),
  },
  'cross-attention': {
    inputs: {
      q: ['batch', 'queries', 6],
      k: ['batch', 'length', 6],
      v: ['batch', 'length', 4],
      bias: ['batch', 1, 1, 'length'],
    },
    build: ({ q, k, v, bias }) => attention(q!, k!, v!, { heads: 2, bias: bias! }),
  },
};

const everySize: readonly Sizes[] = [
  { batch: 2, length: 3, width: 4, queries: 5 },
  { batch: 1, length: 1, width: 1, queries: 1 },
  { batch: 5, length: 2, width: 3, queries: 1 },
  { batch: 1, length: 7, width: 2, queries: 3 },
];

test.each(Object.entries(models))('%s runs at several sizes as it does at a fixed one', async (_, model) => {
  const run = await open(model);
  for (const sizes of everySize) {
    const feeds = feedsFor(model, sizes);
    const expected = await (await open(model, sizes))(feeds);
    const actual = await run(feeds);
    for (const [name, tensor] of Object.entries(expected)) {
      expect(actual[name]!.shape, name).toEqual(tensor.shape);
      const data = actual[name]!.data as Float32Array;
      const worst = data.reduce((most, x, i) => Math.max(most, Math.abs(x - Number(tensor.data[i]))), 0);
      expect(worst, name).toBeLessThan(1e-4);
    }
  }
});

test('a symbolic dimension that nothing tells is refused by name', () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', ['batch', 1]);
  expect(() => expand(x, ['batch', 'length'])).toThrow(/dimension length/);
});

test('a concatenation along a symbolic axis has a dimension of its own', async () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', ['batch', 2]);
  const y = concat([x, x, input(graph, 'row', 'float32', [1, 2])], 0);
  const run = await openSession({ y: add(y, expand(input(graph, 'z', 'float32', [1, 2]), y.shape)) });
  const feeds = { x: randomFloats(1, [3, 2]), row: randomFloats(2, [1, 2]), z: randomFloats(3, [1, 2]) };
  expect((await run(feeds))['y']!.shape).toEqual([7, 2]);
});
