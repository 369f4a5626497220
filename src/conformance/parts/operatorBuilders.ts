/**
 * What each case of the `ops` data computes, written with our operators.
 *
 * A builder is found by the name of the case or by its longest known beginning (`conv2d_k3_s2_p1` is a `conv2d`).
 * Shapes come from the operands and the output, never from here.
 */
import type { Value } from '../../graph/graph.ts';
import { geglu, gelu, quickGelu, silu } from '../../graph/ops/activation.ts';
import { add, div, log, mul, neg, pow, sub } from '../../graph/ops/arithmetic.ts';
import { attention } from '../../graph/ops/attention.ts';
import { conv2d } from '../../graph/ops/convolution.ts';
import { clip, cos, erf, exp, reciprocal, sigmoid, sin, sqrt, tanh } from '../../graph/ops/elementwise.ts';
import { embedding, gather, selectRows } from '../../graph/ops/gather.ts';
import { concat, reshape, slice, squeeze, transpose, unsqueeze } from '../../graph/ops/layout.ts';
import { where } from '../../graph/ops/logic.ts';
import { fusedMatMul, gemm, linear, matmul } from '../../graph/ops/matmul.ts';
import { groupNorm, layerNorm } from '../../graph/ops/normalization.ts';
import { averagePool, globalAveragePool } from '../../graph/ops/pooling.ts';
import { expand, reduceSum } from '../../graph/ops/reduce.ts';
import { resizeNearest } from '../../graph/ops/resize.ts';
import { softmax } from '../../graph/ops/softmax.ts';
import { split } from '../../graph/ops/split.ts';
import { meanSquaredError, reduceMean, variance } from '../../graph/ops/statistics.ts';

export interface BuilderContext {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The shape that the output should have. */
  readonly shape: readonly number[];
}

export type Builder = (context: BuilderContext) => Value;

const binary =
  (operator: (a: Value, b: Value) => Value): Builder =>
  ({ inputs }) =>
    operator(inputs['a']!, inputs['b'] ?? inputs['a']!);

const unary =
  (operator: (x: Value) => Value): Builder =>
  ({ inputs }) =>
    operator(inputs['x']!);

type Reduction = (x: Value, axes?: readonly number[], keepDims?: boolean) => Value;

const reduction =
  (operator: Reduction): Builder =>
  ({ inputs, attributes }) =>
    operator(
      inputs['x']!,
      (attributes['axes'] as number[] | null) ?? undefined,
      attributes['keepdims'] === 1,
    );

const half = (x: Value) => (x.shape[x.shape.length - 1] as number) / 2;

const builders: Readonly<Record<string, Builder>> = {
  matmul: binary(matmul),
  matmul_transposed: binary((a, b) => fusedMatMul(a, b, { transB: true })),
  linear: ({ inputs }) => linear(inputs['x']!, inputs['w']!, inputs['b']),
  gemm: ({ inputs, attributes }) =>
    gemm(inputs['a']!, inputs['b']!, inputs['c'], {
      alpha: (attributes['alpha'] as number | undefined) ?? 1,
      beta: (attributes['beta'] as number | undefined) ?? 1,
      transA: attributes['transA'] === 1,
      transB: attributes['transB'] === 1,
    }),
  add: binary(add),
  add_reused: binary((a, b) => add(mul(add(a, b), a), a)),
  sub: binary(sub),
  mul: binary(mul),
  div: binary(div),
  reduce_mean: reduction(reduceMean),
  reduce_sum: reduction(reduceSum),
  mse_loss: binary(meanSquaredError),
  variance: unary((x) => variance(x, [-1])),
  softmax: ({ inputs, attributes }) => softmax(inputs['x']!, attributes['axis'] as number),
  softmax_causal_mask: ({ inputs, attributes }) =>
    softmax(add(inputs['x']!, inputs['mask']!), attributes['axis'] as number),
  layernorm: ({ inputs, attributes }) =>
    layerNorm(inputs['x']!, inputs['w']!, inputs['b']!, attributes['eps'] as number),
  groupnorm: ({ inputs, attributes }) =>
    groupNorm(
      inputs['x']!,
      attributes['num_groups'] as number,
      inputs['w']!,
      inputs['b']!,
      attributes['eps'] as number,
    ),
  gelu_erf: unary((x) => gelu(x)),
  gelu_tanh: unary((x) => gelu(x, 'tanh')),
  quick_gelu: unary(quickGelu),
  silu: unary(silu),
  sigmoid: unary(sigmoid),
  tanh: unary(tanh),
  erf: unary(erf),
  exp: unary(exp),
  log: unary(log),
  sqrt: unary(sqrt),
  reciprocal: unary(reciprocal),
  neg: unary(neg),
  sin: unary(sin),
  cos: unary(cos),
  geglu: unary(geglu),
  pow: ({ inputs, attributes }) => pow(inputs['x']!, attributes['exponent'] as number),
  pow_tensor: ({ inputs }) => pow(inputs['x']!, inputs['y']!),
  clip: ({ inputs, attributes }) =>
    clip(inputs['x']!, attributes['min'] as number, attributes['max'] as number),
  where: ({ inputs }) => where(inputs['c']!, inputs['a']!, inputs['b']!),
  conv2d: ({ inputs, attributes }) =>
    conv2d(inputs['x']!, inputs['w']!, inputs['b'], {
      stride: attributes['stride'] as number,
      padding: (attributes['pads'] ?? attributes['pads_top_left_bottom_right']) as number,
      groups: (attributes['groups'] as number | undefined) ?? 1,
    }),
  upsample_nearest: ({ inputs, shape }) => resizeNearest(inputs['x']!, [shape[2]!, shape[3]!]),
  avgpool: ({ inputs, attributes }) =>
    averagePool(inputs['x']!, attributes['kernel'] as number, attributes['stride'] as number),
  global_avgpool: unary(globalAveragePool),
  concat: ({ inputs, attributes }) => concat(Object.values(inputs), attributes['axis'] as number),
  concat_same_twice: ({ inputs, attributes }) =>
    concat([inputs['a']!, inputs['a']!], attributes['axis'] as number),
  slice: ({ inputs, attributes }) => slice(inputs['x']!, rangesOf(attributes)),
  split: unary((x) => {
    const [first, second] = split(x, -1, [half(x), half(x)]) as [Value, Value];
    return concat([mul(second, 2), tanh(first)], -1);
  }),
  select_first_token: unary((x) => squeeze(slice(x, [{ axis: 1, start: 0, end: 1 }]), 1)),
  transpose: ({ inputs, attributes }) => transpose(inputs['x']!, attributes['perm'] as number[]),
  reshape: ({ inputs, shape }) => reshape(inputs['x']!, shape),
  reshape_heads: ({ inputs, shape }) => {
    const x = inputs['x']!;
    const [batch, length] = x.shape as [number, number];
    const heads = shape[0]! / batch;
    return reshape(transpose(reshape(x, [batch, length, heads, shape[2]!]), [0, 2, 1, 3]), shape);
  },
  squeeze_unsqueeze: ({ inputs, shape }) => expand(unsqueeze(inputs['x']!, 1), shape),
  embedding: ({ inputs, attributes }) =>
    embedding(inputs['w']!, inputs['ids']!, attributes['padding_idx'] as number | undefined),
  gather: ({ inputs, attributes }) => gather(inputs['x']!, inputs['ids']!, attributes['axis'] as number),
  gather_rows_per_batch: ({ inputs }) => selectRows(inputs['x']!, inputs['idx']!),
  attention: ({ inputs }) => joinedAttention(inputs['q']!, inputs['k']!, inputs['v']!, inputs['mask']),
  attention_self: ({ inputs }) => {
    const [q, k, v] = ['wq', 'wk', 'wv'].map((name) => matmul(inputs['x']!, inputs[name]!)) as Three;
    return attention(q, k, v, { heads: 1, scale: 0.5 });
  },
  mlp_residual: ({ inputs }) => {
    const x = inputs['x']!;
    const hidden = gelu(
      linear(layerNorm(x, inputs['g_']!, inputs['b_']!, 1e-5), inputs['w1']!, inputs['b1']!),
    );
    return add(x, linear(hidden, inputs['w2']!, inputs['b2']!));
  },
  resnet_block: ({ inputs }) => {
    const layer = (h: Value, norm: Value, window: Value) =>
      conv2d(silu(groupNorm(h, 2, norm, mul(norm, 0.5), 1e-5)), window, undefined, { padding: 1 });
    const t = inputs['t']!;
    const first = layer(inputs['x']!, inputs['n1']!, inputs['c1']!);
    const second = layer(add(first, reshape(t, [...t.shape, 1, 1])), inputs['n2']!, inputs['c2']!);
    return add(inputs['x']!, second);
  },
};

type Three = [Value, Value, Value];

/** The builder of the case `name`: the one named so, or the one with the longest name that begins it. */
export function builderFor(name: string): Builder | undefined {
  const words = name.split('_');
  for (let count = words.length; count > 0; count--) {
    const builder = builders[words.slice(0, count).join('_')];
    if (builder) return builder;
  }
  return undefined;
}

/** Attention of q, k, v that come with their heads apart, [batch, heads, length, size]. */
function joinedAttention(q: Value, k: Value, v: Value, mask: Value | undefined): Value {
  const heads = q.shape[1] as number;
  const [query, key, value] = [q, k, v].map(join) as Three;
  const bias = mask && reshape(mask, [1, 1, ...mask.shape.slice(-2)]);
  const joined = attention(query, key, value, bias ? { heads, bias } : { heads });
  const [batch, length] = joined.shape;
  return transpose(reshape(joined, [batch!, length!, heads, v.shape[3]!]), [0, 2, 1, 3]);
}

/** [batch, heads, length, size] to [batch, length, heads * size]. */
function join(x: Value): Value {
  const [batch, heads, length, size] = x.shape as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, heads * size]);
}

/** PyTorch's slices: lists of starts, ends and steps, where an end or all of a list may be missing. */
function rangesOf(attributes: Readonly<Record<string, unknown>>) {
  const list = (name: string) => (attributes[name] ?? []) as (number | null)[];
  const [starts, ends, steps] = [list('starts'), list('ends'), list('steps')];
  return list('axes').map((axis, i) => {
    const end = ends[i];
    return {
      axis: axis!,
      start: starts[i] ?? 0,
      step: steps[i] ?? 1,
      ...(end === null || end === undefined ? {} : { end }),
    };
  });
}
