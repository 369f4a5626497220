/**
 * One conformance test for every differentiable operator: its gradient rule agrees with central differences at random
 * shapes and points. A new operator falls under it by one line in `operators`.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gradients } from '../gradients.ts';
import { constant, createGraph, input, type Value } from '../graph.ts';
import type { Shape } from '../shape.ts';
import { integers, openSession, randomFloats, type TestTensor } from '../testing.ts';
import { geglu, gelu, quickGelu, silu } from './activation.ts';
import { add, div, log, mul, neg, pow, sub } from './arithmetic.ts';
import { attention, attentionByProducts } from './attention.ts';
import { cast } from './cast.ts';
import { conv2d, convTransposed } from './convolution.ts';
import { clip, cos, erf, exp, reciprocal, sigmoid, sin, sqrt, tanh } from './elementwise.ts';
import { embedding, gather, scatterAdd, selectRows } from './gather.ts';
import { concat, pad, reshape, slice, squeeze, transpose, unsqueeze } from './layout.ts';
import { greaterOrEqual, where } from './logic.ts';
import { fusedMatMul, gemm, linear, matmul } from './matmul.ts';
import { groupNorm, layerNorm } from './normalization.ts';
import { pack, unpack } from './packing.ts';
import { averagePool, globalAveragePool } from './pooling.ts';
import { expand, reduceSum, sumTo } from './reduce.ts';
import { resizeNearest } from './resize.ts';
import { softmax } from './softmax.ts';
import { split } from './split.ts';
import { meanSquaredError, reduceMean, variance } from './statistics.ts';
import { depthToSpace, upsamplingConv2d } from './subpixel.ts';

/** A computation at a random point. Letters in shapes are symbolic dimensions, sized by `sizes` when it runs. */
interface Case {
  readonly floats: Readonly<Record<string, Shape>>;
  readonly ids?: Readonly<Record<string, { readonly shape: Shape; readonly below: number }>>;
  /** The elements are in this range, [-1.5, 1.5] by default. */
  readonly range?: readonly [low: number, high: number];
  readonly build: (values: Readonly<Record<string, Value>>) => Value;
}

const sizes: Readonly<Record<string, number>> = { n: 3, m: 2, k: 1 };
const dim = fc.integer({ min: 1, max: 4 });
const maybeSymbolic = fc.oneof(dim, fc.constantFrom(...Object.keys(sizes)));
const anyShape = fc.array(maybeSymbolic, { maxLength: 3 });
const positive = [0.5, 2] as const;

type Build1 = (x: Value) => Value;
type Build2 = (a: Value, b: Value) => Value;

const unary = (build: Build1, range?: Case['range']) =>
  anyShape.map((x): Case => ({ floats: { x }, build: (v) => build(v['x']!), ...(range ? { range } : {}) }));

/** Two shapes that broadcast: each is the whole one with some axes of size 1 and some leading axes gone. */
const operandPair = anyShape.chain((whole) => {
  const operand = fc
    .tuple(fc.nat({ max: whole.length }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([from, ones]) => whole.slice(from).map((size, i) => (ones[i] ? 1 : size)));
  return fc.tuple(operand, operand);
});

const binary = (build: Build2, range?: Case['range']) =>
  operandPair.map(
    ([a, b]): Case => ({
      floats: { a, b },
      build: (v) => build(v['a']!, v['b']!),
      ...(range ? { range } : {}),
    }),
  );

/** Of a shape with at least one axis, and one of its axes. */
const withAxis = (build: (x: Value, axis: number) => Value) =>
  fc
    .array(maybeSymbolic, { minLength: 1, maxLength: 3 })
    .chain((x) => fc.tuple(fc.constant(x), fc.integer({ min: -x.length, max: x.length - 1 })))
    .map(([x, axis]): Case => ({ floats: { x }, build: (v) => build(v['x']!, axis) }));

const matrices = (build: Build2, transA: boolean, transB: boolean) =>
  fc.tuple(operandPair, maybeSymbolic, maybeSymbolic, maybeSymbolic).map(
    ([[a, b], rows, inner, columns]): Case => ({
      floats: {
        a: [...a, ...(transA ? [inner, rows] : [rows, inner])],
        b: [...b, ...(transB ? [columns, inner] : [inner, columns])],
      },
      build: (v) => build(v['a']!, v['b']!),
    }),
  );

const fixed = (floats: Case['floats'], build: Case['build'], ids?: Case['ids']) =>
  fc.constant<Case>(ids ? { floats, ids, build } : { floats, build });

const convolutions = fc
  .tuple(
    dim,
    dim,
    fc.constantFrom(1, 2),
    fc.constantFrom(1, 2, 3),
    fc.constantFrom(1, 2, 3),
    fc.nat({ max: 2 }),
  )
  .map(
    ([height, width, groups, kernel, stride, padding]): Case => ({
      floats: {
        x: ['n', 2 * groups, height + 2, width + 2],
        w: [groups * 2, 2, kernel, kernel],
        b: [groups * 2],
      },
      build: (v) => conv2d(v['x']!, v['w']!, v['b'], { stride, padding, groups }),
    }),
  );

const attentionsBy = (compute: typeof attention) =>
  fc
    .tuple(
      maybeSymbolic,
      maybeSymbolic,
      maybeSymbolic,
      dim,
      dim,
      fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    )
    .map(
      ([batch, queries, keys, heads, size, [oneBatch, oneHead, oneQuery]]): Case => ({
        floats: {
          q: [batch, queries, heads * size],
          k: [batch, keys, heads * size],
          v: [batch, keys, heads * size],
          bias: [oneBatch ? 1 : batch, oneHead ? 1 : heads, oneQuery ? 1 : queries, keys],
        },
        build: (v) => compute(v['q']!, v['k']!, v['v']!, { heads, bias: v['bias']! }),
      }),
    );

/** The gradient of sum(weights * f(x)) as a value, so that differentiating it gives second derivatives. */
const gradientOf =
  (f: Build1): Build1 =>
  (x) => {
    const y = f(x);
    return gradients(reduceSum(mul(y, sin(y))), [x])[0]!;
  };

const square = (x: Value) => matmul(x, transpose(x, [1, 0]));

/** Four different places among six, in no order. */
const placesIn = ({ graph }: Value) => constant(graph, BigInt64Array.of(4n, 0n, 5n, 1n), [4]);

const operators: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  add: binary(add),
  sub: binary(sub),
  mul: binary(mul),
  div: binary(div, positive),
  pow: binary(pow, positive),
  'pow by a number': unary((x) => pow(x, 3)),
  'number on the left': unary((x) => sub(2, div(1, x)), positive),
  neg: unary(neg),
  log: unary(log, positive),
  exp: unary(exp),
  sqrt: unary(sqrt, positive),
  reciprocal: unary(reciprocal, positive),
  sin: unary(sin),
  cos: unary(cos),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  erf: unary(erf),
  'clip inside': unary((x) => clip(x, -4, 4)),
  'clip outside': unary((x) => add(clip(x, 3, 4), clip(x, -4, -3))),
  'gelu erf': unary((x) => gelu(x)),
  'gelu tanh': unary((x) => gelu(x, 'tanh')),
  quickGelu: unary(quickGelu),
  silu: unary(silu),
  geglu: fc.tuple(anyShape, dim).map(([x, half]) => ({
    floats: { x: [...x, 2 * half] },
    build: (v) => geglu(v['x']!),
  })),
  cast: unary((x) => cast(mul(x, x), 'float32')),
  where: binary((a, b) => where(greaterOrEqual(a, add(b, 10)), a, mul(b, b))),
  'where it holds': binary((a, b) => where(greaterOrEqual(add(b, 10), a), mul(a, b), b)),
  matmul: matrices(matmul, false, false),
  fusedMatMul: matrices((a, b) => fusedMatMul(a, b, { alpha: 0.5 }), false, false),
  'fusedMatMul, a transposed': matrices((a, b) => fusedMatMul(a, b, { transA: true, alpha: 2 }), true, false),
  'fusedMatMul, b transposed': matrices((a, b) => fusedMatMul(a, b, { transB: true }), false, true),
  'fusedMatMul, both transposed': matrices(
    (a, b) => fusedMatMul(a, b, { transA: true, transB: true }),
    true,
    true,
  ),
  'matmul of vectors': fixed({ a: [4], b: [4] }, (v) => matmul(v['a']!, v['b']!)),
  gemm: fc
    .tuple(maybeSymbolic, dim, dim, fc.boolean(), fc.boolean(), fc.boolean())
    .map(([rows, inner, columns, transA, transB, row]) => ({
      floats: {
        a: transA ? [inner, rows] : [rows, inner],
        b: transB ? [columns, inner] : [inner, columns],
        c: row ? [columns] : [rows, 1],
      },
      build: (v) => gemm(v['a']!, v['b']!, v['c'], { transA, transB, alpha: 0.5, beta: 1.5 }),
    })),
  linear: fc.tuple(anyShape, dim, dim).map(([x, inputs, out]) => ({
    floats: { x: [...x, inputs], w: [out, inputs], b: [out] },
    build: (v) => linear(v['x']!, v['w']!, v['b']),
  })),
  reduceSum: withAxis((x, axis) => reduceSum(x, [axis])),
  'reduceSum of all': unary((x) => reduceSum(x)),
  'reduceSum keeping': withAxis((x, axis) => reduceSum(x, [axis], true)),
  reduceMean: withAxis((x, axis) => reduceMean(x, [axis])),
  'reduceMean of all': unary((x) => reduceMean(x)),
  variance: withAxis((x, axis) => variance(x, [axis])),
  meanSquaredError: binary(meanSquaredError),
  expand: operandPair.map(([a, b]) => ({
    floats: { a, b },
    build: (v) => expand(v['a']!, add(v['a']!, v['b']!).shape),
  })),
  sumTo: operandPair.map(([a, b]) => ({
    floats: { a, b },
    build: (v) => sumTo(add(v['a']!, v['b']!), a),
  })),
  softmax: withAxis((x, axis) => softmax(mul(x, 2), axis)),
  layerNorm: fc.tuple(anyShape, fc.integer({ min: 2, max: 5 })).map(([x, last]) => ({
    floats: { x: [...x, last], w: [last], b: [last] },
    build: (v) => layerNorm(v['x']!, v['w']!, v['b']!, 0.1),
  })),
  groupNorm: fc.tuple(dim, dim, dim).map(([groups, width, length]) => ({
    floats: { x: ['n', groups * width, length + 1], w: [groups * width], b: [groups * width] },
    build: (v) => groupNorm(v['x']!, groups, v['w']!, v['b']!, 0.1),
  })),
  conv2d: convolutions,
  'conv2d, uneven padding': fixed({ x: ['n', 2, 6, 4], w: [3, 2, 3, 3] }, (v) =>
    conv2d(v['x']!, v['w']!, undefined, { stride: 2, padding: [0, 0, 1, 1] }),
  ),
  upsamplingConv2d: fixed({ x: ['n', 2, 3, 2], w: [3, 2, 3, 3], b: [3] }, (v) =>
    upsamplingConv2d(v['x']!, v['w']!, v['b']),
  ),
  depthToSpace: fixed({ x: ['n', 8, 3, 2] }, (v) => depthToSpace(v['x']!, 2)),
  convTransposed: fixed({ x: ['n', 3, 3, 2], w: [3, 2, 3, 3] }, (v) =>
    convTransposed(v['x']!, v['w']!, ['n', 2, 6, 4], { stride: 2, pads: [0, 0, 1, 1], groups: 1 }),
  ),
  averagePool: fc
    .tuple(dim, fc.constantFrom(1, 2, 3), fc.constantFrom(1, 2, 3))
    .map(([height, kernel, stride]) => ({
      floats: { x: ['n', 2, height + 2, 5] },
      build: (v) => averagePool(v['x']!, kernel, stride),
    })),
  globalAveragePool: fixed({ x: ['n', 2, 3, 4] }, (v) => globalAveragePool(v['x']!)),
  resizeNearest: fc
    .tuple(dim, dim, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
    .map(([height, width, rows, columns]) => ({
      floats: { x: ['n', 2, height, width] },
      build: (v) => resizeNearest(v['x']!, [rows, columns]),
    })),
  'reshape to rows': withAxis((x, axis) => reshape(tanh(x), [-1, x.shape.at(axis)!])).filter(
    ({ floats: { x } }) => x!.every((size) => size !== 'k'),
  ),
  'unsqueeze and squeeze': withAxis((x, axis) => squeeze(tanh(unsqueeze(x, axis)), axis)),
  transpose: anyShape.chain((x) =>
    fc.shuffledSubarray([...x.keys()], { minLength: x.length }).map((perm) => ({
      floats: { x },
      build: (v: Readonly<Record<string, Value>>) => transpose(v['x']!, perm),
    })),
  ),
  concat: fc.tuple(dim, dim).map(([a, b]) => ({
    floats: { a: ['n', a], b: ['n', b] },
    build: (v) => concat([v['a']!, v['b']!, v['a']!], -1),
  })),
  slice: fc
    .tuple(dim, fc.nat({ max: 2 }), fc.nat({ max: 3 }), fc.integer({ min: 1, max: 3 }))
    .map(([length, start, rest, step]) => ({
      floats: { x: ['n', start + length + rest] },
      build: (v) => slice(v['x']!, [{ axis: 1, start, end: start + length, step }]),
    })),
  'slice of two axes': fixed({ x: [5, 'n', 6] }, (v) =>
    slice(v['x']!, [
      { axis: 0, start: 1, end: 4 },
      { axis: -1, start: -5, end: -1, step: 2 },
    ]),
  ),
  pad: fc.tuple(dim, fc.nat({ max: 2 }), fc.nat({ max: 2 })).map(([size, before, after]) => ({
    floats: { x: ['n', size] },
    build: (v) => pad(v['x']!, [{ axis: -1, before, after }]),
  })),
  split: fc.tuple(dim, dim, dim).map(([a, b, c]) => ({
    floats: { x: ['n', a + b + c] },
    build: (v) => {
      const [first, , last] = split(v['x']!, 1, [a, b, c]) as [Value, Value, Value];
      return mul(reduceSum(first, [1]), reduceMean(last, [1]));
    },
  })),
  gather: fixed({ x: [2, 4, 'n'] }, (v) => gather(v['x']!, v['ids']!, 1), {
    ids: { shape: ['n', 'm'], below: 4 },
  }),
  embedding: fixed({ w: [5, 3] }, (v) => embedding(v['w']!, v['ids']!), {
    ids: { shape: ['n', 'm'], below: 5 },
  }),
  scatterAdd: fixed({ rows: ['n', 2, 'm'] }, (v) => scatterAdd(v['ids']!, v['rows']!, 3), {
    ids: { shape: ['n'], below: 3 },
  }),
  selectRows: fixed({ x: ['n', 'm', 3] }, (v) => selectRows(v['x']!, v['ids']!), {
    ids: { shape: ['n'], below: 2 },
  }),
  attention: attentionsBy(attention),
  attentionByProducts: attentionsBy(attentionByProducts),
  'one value used many times': unary((x) => add(mul(x, tanh(x)), sub(mul(x, x), sin(x)))),
  'gradient of mul': unary(gradientOf((x) => mul(x, mul(x, x)))),
  'gradient of tanh': unary(gradientOf(tanh)),
  'gradient of exp': unary(gradientOf(exp)),
  'gradient of matmul': fixed({ x: ['n', 3] }, (v) => gradientOf(square)(v['x']!)),
  'gradient of softmax': withAxis((x, axis) => gradientOf((y) => softmax(y, axis))(x)),
  pack: fixed({ x: [2, 3, 4] }, (v) => pack(v['x']!, placesIn(v['x']!))),
  unpack: fixed({ x: [4, 'n'] }, (v) => unpack(v['x']!, placesIn(v['x']!), [2, 3])),
  'gradient of gather': fixed({ x: [4, 2] }, (v) => gradientOf((x) => gather(x, v['ids']!))(v['x']!), {
    ids: { shape: ['n'], below: 4 },
  }),
  'gradient of conv2d': fixed({ x: ['n', 2, 4, 3], w: [2, 2, 3, 3] }, (v) =>
    gradientOf((x) => conv2d(x, v['w']!, undefined, { padding: 1 }))(v['x']!),
  ),
};

/** Every symbolic dimension as its size. */
const concrete = (shape: Shape) => shape.map((size) => (typeof size === 'number' ? size : sizes[size]!));

type Feeds = Readonly<Record<string, TestTensor>>;

function pointOf({ floats, ids = {}, range = [-1.5, 1.5] }: Case, seed: number): Feeds {
  const point: Record<string, TestTensor> = {};
  for (const [name, shape] of Object.entries(floats)) {
    point[name] = randomFloats(seed + Object.keys(point).length, concrete(shape), ...range);
  }
  for (const [name, { shape, below }] of Object.entries(ids)) {
    const { data } = randomFloats(seed, concrete(shape), 0, below);
    point[name] = integers([...(data as Float32Array)].map(Math.floor), concrete(shape));
  }
  return point;
}

/** The point moved by `step` along `direction`, and how far each element really moved in float32. */
function moved(point: Feeds, direction: Feeds, step: number): Feeds {
  const entries = Object.entries(point).map(([name, { shape, data }]) => {
    const along = direction[name]?.data as Float32Array | undefined;
    return [
      name,
      along ? { shape, data: (data as Float32Array).map((x, i) => x + step * along[i]!) } : { shape, data },
    ];
  });
  return Object.fromEntries(entries);
}

const dot = (a: TestTensor, b: TestTensor) => {
  const [x, y] = [a.data as Float32Array, b.data as Float32Array];
  return x.reduce((sum, value, i) => sum + value * y[i]!, 0);
};

/**
 * The derivative of sum(out * upstream) along a random direction, by the gradient rules and by central differences
 * extrapolated to step 0 (Richardson: the error is of order step^4, so a step that rounding does not trouble is small
 * enough). `scale` is the size of the derivative's terms.
 */
async function derivatives(theCase: Case, seed: number) {
  const graph = createGraph();
  const values: Record<string, Value> = {};
  for (const [name, shape] of Object.entries(theCase.floats))
    values[name] = input(graph, name, 'float32', shape);
  for (const [name, { shape }] of Object.entries(theCase.ids ?? {}))
    values[name] = input(graph, name, 'int64', shape);
  const out = theCase.build(values);
  const names = Object.keys(theCase.floats);
  const point = pointOf(theCase, seed);
  const forward = await openSession({ out });
  const { shape } = (await forward(point))['out']!;
  const upstream = randomFloats(seed + 100, shape);
  const direction = Object.fromEntries(
    names.map((name, i) => [name, randomFloats(seed + 200 + i, point[name]!.shape)]),
  );
  const found = gradients(
    out,
    names.map((name) => values[name]!),
    input(graph, 'upstream', 'float32', out.shape),
  );
  const wanted = Object.fromEntries(names.flatMap((name, i) => (found[i] ? [[`d ${name}`, found[i]]] : [])));
  const backward = await (await openSession(wanted as Record<string, Value>))({ ...point, upstream });
  const difference = async (step: number) => {
    const ahead = (await forward(moved(point, direction, step)))['out']!;
    const behind = (await forward(moved(point, direction, -step)))['out']!;
    return (dot(ahead, upstream) - dot(behind, upstream)) / (2 * step);
  };
  const numeric = (4 * (await difference(1 / 64)) - (await difference(1 / 32))) / 3;
  const terms = Object.entries(backward).map(([name, gradient]) => dot(gradient, direction[name.slice(2)]!));
  return { analytic: terms.reduce((a, b) => a + b, 0), numeric };
}

test.each(Object.entries(operators))(
  'the gradient of %s agrees with central differences',
  async (_, cases) => {
    await fc.assert(
      fc.asyncProperty(cases, fc.nat({ max: 1e6 }), async (theCase, seed) => {
        const { analytic, numeric } = await derivatives(theCase, seed);
        expect(Math.abs(analytic - numeric)).toBeLessThan(2e-3 * (1 + Math.abs(numeric)));
      }),
      { numRuns: 12 },
    );
  },
);
