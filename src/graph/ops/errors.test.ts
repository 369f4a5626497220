/** Operands that do not fit are refused when the graph is built, by the operator and with the shapes. */
import { expect, test } from 'vitest';
import { GraphError } from '../../errors.ts';
import type { DType } from '../dtype.ts';
import { createGraph, input, type Value } from '../graph.ts';
import { formatShape, type Shape } from '../shape.ts';
import { geglu } from './activation.ts';
import { add, div, log, mul, neg, pow, sub } from './arithmetic.ts';
import { attention } from './attention.ts';
import { conv2d, convTransposed } from './convolution.ts';
import { exp } from './elementwise.ts';
import { argMax, embedding, gather, scatterAdd, selectRows } from './gather.ts';
import { concat, pad, reshape, slice, squeeze, transpose, unsqueeze } from './layout.ts';
import { and, equal, where } from './logic.ts';
import { fusedMatMul, gemm, linear, matmul } from './matmul.ts';
import { groupNorm, layerNorm } from './normalization.ts';
import { averagePool } from './pooling.ts';
import { dequantizeLinear, dynamicQuantizeMatMul } from './quantized.ts';
import { expand, reduceSum, sumTo } from './reduce.ts';
import { resizeNearest } from './resize.ts';
import { softmax } from './softmax.ts';
import { split } from './split.ts';
import { meanSquaredError, reduceMean } from './statistics.ts';

type Build = (...operands: Value[]) => unknown;

const pads = [0, 0, 0, 0] as const;

/** What is built, of operands of these shapes, and the operator that refuses. */
const misfits: readonly (readonly [operator: string, shapes: readonly Shape[], build: Build])[] = [
  [
    'Add',
    [
      [2, 3],
      [2, 4],
    ],
    (a, b) => add(a!, b!),
  ],
  [
    'Sub',
    [
      ['n', 3],
      ['m', 3],
    ],
    (a, b) => sub(a!, b!),
  ],
  [
    'Mul',
    [
      [2, 3],
      [3, 2],
    ],
    (a, b) => mul(a!, b!),
  ],
  ['Div', [[5], [4]], (a, b) => div(a!, b!)],
  ['Pow', [[5, 2], [4]], (a, b) => pow(a!, b!)],
  ['Sub', [[2, 3], [5]], (a, b) => meanSquaredError(a!, b!)],
  ['Equal', [[2], [3]], (a, b) => equal(a!, b!)],
  [
    'MatMul',
    [
      [2, 3],
      [4, 5],
    ],
    (a, b) => matmul(a!, b!),
  ],
  [
    'MatMul',
    [
      [2, 3, 4],
      [3, 4, 5],
    ],
    (a, b) => matmul(a!, b!),
  ],
  [
    'MatMul',
    [
      ['n', 'm'],
      ['n', 5],
    ],
    (a, b) => matmul(a!, b!),
  ],
  [
    'FusedMatMul',
    [
      [2, 3],
      [4, 3],
    ],
    (a, b) => fusedMatMul(a!, b!, { transA: true, transB: true }),
  ],
  [
    'Gemm',
    [
      [2, 3, 4],
      [4, 5],
    ],
    (a, b) => gemm(a!, b!, undefined),
  ],
  ['Gemm', [[2, 3], [3, 5], [4]], (a, b, c) => gemm(a!, b!, c)],
  [
    'Linear',
    [
      [2, 3],
      [5, 4],
    ],
    (x, w) => linear(x!, w!),
  ],
  ['Gemm', [[2, 3], [5, 3], [4]], (x, w, b) => linear(x!, w!, b)],
  ['Reshape', [[2, 3]], (x) => reshape(x!, [4])],
  ['Reshape', [['n', 3]], (x) => reshape(x!, ['m', 3])],
  ['Reshape', [[2, 'n']], (x) => reshape(x!, [-1, 3])],
  ['Reshape', [[2, 2]], (x) => reshape(x!, [-1, -1])],
  ['Transpose', [[2, 3]], (x) => transpose(x!, [0, 0])],
  [
    'Concat',
    [
      [2, 3],
      [3, 4],
    ],
    (a, b) => concat([a!, b!], 1),
  ],
  ['Concat', [[2, 3], [2]], (a, b) => concat([a!, b!], 0)],
  ['Slice', [[2, 3]], (x) => slice(x!, [{ axis: 1, start: 3 }])],
  ['Slice', [[2, 'n']], (x) => slice(x!, [{ axis: 1, start: 0, end: 1 }])],
  ['Pad', [[2, 3]], (x) => pad(x!, [{ axis: 0, before: -1, after: 0 }])],
  ['Squeeze', [[2, 3]], (x) => squeeze(x!, 0)],
  ['Split', [[2, 6]], (x) => split(x!, 1, [2, 3])],
  ['GeGLU', [[2, 5]], (x) => geglu(x!)],
  ['Expand', [[2, 3]], (x) => expand(x!, [2, 4])],
  ['Expand', [[2, 3]], (x) => expand(x!, [1, 3])],
  ['SumTo', [[2, 3]], (x) => sumTo(x!, [3, 2])],
  ['ReduceSum', [[2, 3]], (x) => reduceSum(x!, [1, -1])],
  ['LayerNormalization', [[2, 3], [3], [4]], (x, w, b) => layerNorm(x!, w!, b!, 1e-5)],
  ['LayerNormalization', [[], [3], [3]], (x, w, b) => layerNorm(x!, w!, b!, 1e-5)],
  ['GroupNorm', [[2, 5, 4], [5], [5]], (x, w, b) => groupNorm(x!, 2, w!, b!, 1e-5)],
  ['GroupNorm', [[2, 4, 4], [3], [4]], (x, w, b) => groupNorm(x!, 2, w!, b!, 1e-5)],
  ['GroupNorm', [[2, 4, 4], [4], [4, 1]], (x, w, b) => groupNorm(x!, 2, w!, b!, 1e-5)],
  [
    'Conv',
    [
      [1, 3, 4, 4],
      [2, 4, 3, 3],
    ],
    (x, w) => conv2d(x!, w!),
  ],
  [
    'Conv',
    [
      [1, 3, 4],
      [2, 3, 3, 3],
    ],
    (x, w) => conv2d(x!, w!),
  ],
  [
    'Conv',
    [
      [1, 3, 4, 4],
      [2, 3, 3],
    ],
    (x, w) => conv2d(x!, w!),
  ],
  [
    'Conv',
    [
      [1, 3, 4, 4],
      [2, 3, 5, 5],
    ],
    (x, w) => conv2d(x!, w!),
  ],
  ['Conv', [[1, 3, 4, 4], [2, 3, 3, 3], [3]], (x, w, b) => conv2d(x!, w!, b)],
  [
    'ConvTranspose',
    [
      [1, 3, 4, 4],
      [2, 4, 3, 3],
    ],
    (x, w) => convTransposed(x!, w!, [1, 4, 6, 6], { stride: 1, pads, groups: 1 }),
  ],
  ['AveragePool', [[1, 2, 2, 2]], (x) => averagePool(x!, 3, 1)],
  ['AveragePool', [[1, 2, 2]], (x) => averagePool(x!, 1, 1)],
  ['Resize', [[1, 2, 2]], (x) => resizeNearest(x!, [4, 4])],
  [
    'MultiHeadAttention',
    [
      [2, 3, 4],
      [2, 5, 6],
      [2, 5, 6],
    ],
    (q, k, v) => attention(q!, k!, v!, { heads: 2 }),
  ],
  [
    'MultiHeadAttention',
    [
      [2, 3, 4],
      [2, 5, 4],
      [2, 6, 4],
    ],
    (q, k, v) => attention(q!, k!, v!, { heads: 2 }),
  ],
  [
    'MultiHeadAttention',
    [
      [2, 3, 4],
      [2, 5, 4],
      [2, 5, 4],
    ],
    (q, k, v) => attention(q!, k!, v!, { heads: 3 }),
  ],
  [
    'MultiHeadAttention',
    [
      ['n', 3, 4],
      ['n', 5, 4],
      ['n', 5, 4],
      ['n', 1, 3, 3],
    ],
    (q, k, v, bias) => attention(q!, k!, v!, { heads: 2, bias: bias! }),
  ],
  [
    'MultiHeadAttention',
    [
      ['n', 3, 4],
      ['n', 5, 4],
      ['n', 5, 4],
      ['m', 1, 3, 5],
    ],
    (q, k, v, bias) => attention(q!, k!, v!, { heads: 2, bias: bias! }),
  ],
];

const operandsOf = (shapes: readonly Shape[], dtype: DType = 'float32') => {
  const graph = createGraph();
  return shapes.map((shape, i) => input(graph, `operand${i}`, dtype, shape));
};

/** The message of the GraphError that `build` throws. */
function refusal(build: () => unknown): string {
  try {
    build();
  } catch (error) {
    expect(error).toBeInstanceOf(GraphError);
    return (error as GraphError).message;
  }
  throw new Error('nothing was refused');
}

test.each(misfits)('%s refuses operands of shapes %j', (operator, shapes, build) => {
  const message = refusal(() => build(...operandsOf(shapes)));
  expect(message).toMatch(new RegExp(`^${operator}: `));
  for (const shape of shapes) expect(message).toContain(formatShape(shape));
});

test.each<[string, Build]>([
  ['ReduceMean', (x) => reduceMean(x!, [2])],
  ['Softmax', (x) => softmax(x!, 2)],
  ['Concat', (x) => concat([x!, x!], 2)],
  ['Split', (x) => split(x!, 2, [1])],
  ['Gather', (x) => gather(x!, x!, 2)],
  ['Unsqueeze', (x) => unsqueeze(x!, 3)],
  ['Slice', (x) => slice(x!, [{ axis: -3, start: 0 }])],
  ['Pad', (x) => pad(x!, [{ axis: 2, before: 1, after: 1 }])],
])('%s refuses an axis that the value does not have', (operator, build) => {
  expect(refusal(() => build(...operandsOf([[2, 3]])))).toMatch(new RegExp(`^${operator}: axis`));
});

test('indices of other than int64, or not one a row, are refused', () => {
  const [x, wrong] = operandsOf([
    [4, 3],
    [4, 2],
  ]) as [Value, Value];
  const ids = input(x.graph, 'ids', 'int64', [5]);
  expect(refusal(() => gather(x, wrong))).toContain('int64');
  expect(refusal(() => embedding(x, wrong))).toContain('int64');
  expect(refusal(() => selectRows(x, ids))).toContain('[4, 3], ');
  expect(refusal(() => scatterAdd(ids, x, 9))).toContain('[5]');
});

test('an embedding needs a matrix, and argMax at least one axis', () => {
  const [x] = operandsOf([[]]) as [Value];
  expect(refusal(() => embedding(x, input(x.graph, 'ids', 'int64', [5])))).toMatch(/^Gather: .*\[\]/);
  expect(refusal(() => argMax(x))).toMatch(/^ArgMax: .*\[\]/);
});

test('element types that do not fit are refused', () => {
  const [a] = operandsOf([[2]], 'int64') as [Value];
  const b = input(a.graph, 'b', 'float32', [2]);
  for (const build of [() => add(a, b), () => exp(a), () => log(a), () => neg(a), () => softmax(a)]) {
    expect(refusal(build)).toContain('int64[2]');
  }
  expect(refusal(() => and(b, b))).toContain('float32[2]');
  expect(refusal(() => where(b, b, b))).toContain('float32[2]');
  expect(refusal(() => concat([a, b], 0))).toContain('int64[2]');
});

test('operators on int8 weights refuse other types, and scales that do not fit', () => {
  const [x, scale] = operandsOf([[5, 4], [3]]) as [Value, Value];
  const weight = input(x.graph, 'weight', 'int8', [4, 3]);
  expect(refusal(() => dequantizeLinear(x, scale))).toMatch(/^DequantizeLinear: .*float32\[5, 4\]/);
  expect(refusal(() => dequantizeLinear(weight, scale))).toMatch(/^DequantizeLinear: .*axis 0/);
  expect(refusal(() => dequantizeLinear(weight, scale, 2))).toMatch(/^DequantizeLinear: axis/);
  expect(refusal(() => dynamicQuantizeMatMul(x, x, scale))).toMatch(/^DynamicQuantizeMatMul: .*int8/);
  const short = input(x.graph, 'short', 'float32', [5, 3]);
  expect(refusal(() => dynamicQuantizeMatMul(short, weight, scale))).toMatch(/^DynamicQuantizeMatMul: rows/);
  const one = input(x.graph, 'one', 'float32', [1]);
  expect(refusal(() => dynamicQuantizeMatMul(x, weight, one))).toMatch(/^DynamicQuantizeMatMul: scale/);
  expect(refusal(() => dynamicQuantizeMatMul(x, weight, scale, one))).toMatch(
    /^DynamicQuantizeMatMul: scale/,
  );
});

test('operands of two graphs are refused', () => {
  const [a] = operandsOf([[2]]) as [Value];
  const [b] = operandsOf([[2]]) as [Value];
  expect(refusal(() => add(a, b))).toContain('another graph');
});

test('arithmetic of two numbers is refused', () => {
  expect(refusal(() => add(1, 2))).toContain('numbers');
  expect(refusal(() => mul(1, 1))).toContain('numbers');
});
