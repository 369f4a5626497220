/**
 * Multi-head scaled dot-product attention (Vaswani et al., arXiv 1706.03762) as one operator.
 *
 * Forward it is com.microsoft's MultiHeadAttention, which never holds all the scores of a picture at once. Its
 * gradient computes the probabilities again, so training does not keep them either.
 */
import type { Value } from '../graph.ts';
import { defineOperator, emitOne, fail } from '../operator.ts';
import type { Rules } from '../rewrite.ts';
import { broadcast, type Dim, formatShape, type Shape, sameShape } from '../shape.ts';
import { add, mul, sub } from './arithmetic.ts';
import { concat, reshape, slice, transpose } from './layout.ts';
import { fusedMatMul, matmul } from './matmul.ts';
import { expand, reduceSum, sumTo } from './reduce.ts';
import { softmax } from './softmax.ts';

type AttentionInputs = [
  query: Value,
  key: Value,
  value: Value,
  bias: undefined,
  paddingMask: undefined,
  scoreBias: Value | undefined,
];

const attentionOperator = defineOperator<{ num_heads: number; scale: number }>({
  type: 'MultiHeadAttention',
  domain: 'com.microsoft',
  attributes: { num_heads: 'int', scale: 'float' },
  infer: (inputs, { num_heads }) => [
    { dtype: inputs[0]!.dtype, shape: attentionShape(inputs as AttentionInputs, num_heads) },
  ],
  gradient: ({ inputs, outputs, attributes, gradient, needs }) => {
    const [query, key, value, , , bias] = inputs as AttentionInputs;
    const { num_heads: heads, scale } = attributes;
    const [q, k, v, g] = [query, key, value, gradient].map((x) => splitHeads(x, heads)) as Four;
    const scores = fusedMatMul(q, k, { transB: true, alpha: scale });
    const p = softmax(bias ? add(scores, bias) : scores);
    const ds = mul(p, sub(fusedMatMul(g, v, { transB: true }), headSums(mul(gradient, outputs[0]!), heads)));
    return [
      needs(0) ? joinHeads(fusedMatMul(ds, k, { alpha: scale })) : undefined,
      needs(1) ? joinHeads(fusedMatMul(ds, q, { transA: true, alpha: scale })) : undefined,
      needs(2) ? joinHeads(fusedMatMul(p, g, { transA: true })) : undefined,
      undefined,
      undefined,
      bias && needs(5) ? sumTo(ds, bias.shape) : undefined,
    ];
  },
});

type Four = [Value, Value, Value, Value];

/**
 * Sums of x [batch, length, heads * size] over each head, [batch, heads, length, 1]. Of output times its gradient, this
 * is what the softmax needs: it equals the sum over the keys of probability times its gradient, and is smaller.
 */
function headSums(x: Value, heads: number): Value {
  const [batch, length, size] = x.shape;
  const apart = reshape(x, [batch!, length!, heads, (size as number) / heads]);
  return transpose(reduceSum(apart, [3], true), [0, 2, 1, 3]);
}

function attentionShape(inputs: AttentionInputs, heads: number): Shape {
  const [q, k, v, , , bias] = inputs;
  const [batch, length, size] = q.shape;
  const [keyBatch, keys, keySize] = k.shape;
  const fits =
    [q, k, v].every((x) => x.shape.length === 3) &&
    batch === keyBatch &&
    size === keySize &&
    v.shape[0] === batch &&
    v.shape[1] === keys &&
    (size as number) % heads === 0 &&
    (v.shape[2] as number) % heads === 0;
  if (!fits) fail('MultiHeadAttention', `query, key and value do not fit (${heads} heads)`, [q, k, v]);
  const scores = [batch!, heads, length!, keys!];
  const whole = bias && broadcast(bias.shape, scores);
  if (bias && (bias.shape.length !== 4 || !whole || !sameShape(whole, scores))) {
    fail('MultiHeadAttention', `the bias does not fit scores ${formatShape(scores)}`, [q, k, v, bias]);
  }
  return [batch!, length!, v.shape[2]!];
}

/** [batch, length, heads * size] to [batch, heads, length, size]. */
export function splitHeads(x: Value, heads: number): Value {
  const [batch, length, size] = x.shape;
  return transpose(reshape(x, [batch!, length!, heads, (size as number) / heads]), [0, 2, 1, 3]);
}

/** [batch, heads, length, size] to [batch, length, heads * size]. */
function joinHeads(x: Value): Value {
  const [batch, heads, length, size] = x.shape;
  return reshape(transpose(x, [0, 2, 1, 3]), [batch!, length!, (heads as number) * (size as number)]);
}

export interface AttentionOptions {
  readonly heads: number;
  /** Factor of the scores; 1 / sqrt(head size) when left out. */
  readonly scale?: number;
  /** Added to the scores, [batch or 1, heads or 1, queries or 1, keys]. */
  readonly bias?: Value;
}

/**
 * softmax(query key^T scale + bias) value for each head, joined.
 * query [batch, queries, heads * size], key and value [batch, keys, heads * size].
 */
export function attention(query: Value, key: Value, value: Value, options: AttentionOptions): Value {
  const size = query.shape[query.shape.length - 1] as number;
  const scale = options.scale ?? 1 / Math.sqrt(size / options.heads);
  // The engine wants the queries' axis of the bias written out.
  const bias = options.bias && expand(options.bias, biasShape(options.bias, query, key));
  const inputs = [query, key, value, undefined, undefined, bias];
  return emitOne(attentionOperator, bias ? inputs : inputs.slice(0, 3), {
    num_heads: options.heads,
    scale,
  });
}

/** Scores of a sample that are held at once by default: 64 MiB of them. */
const mostScores = 2 ** 24;

/**
 * The same of products and a softmax, for devices on which the one operator is missing or wrong. Long queries are cut, so that
 * a picture's scores need not be held all at once: `most` of a sample.
 */
export function attentionByProducts(
  query: Value,
  key: Value,
  value: Value,
  { heads, scale, bias }: AttentionOptions,
  most = mostScores,
): Value {
  attentionShape([query, key, value, undefined, undefined, bias], heads);
  const [, queries, size] = query.shape;
  const keys = transpose(splitHeads(key, heads), [0, 1, 3, 2]);
  const values = splitHeads(value, heads);
  const q = splitHeads(mul(query, scale ?? 1 / Math.sqrt((size as number) / heads)), heads);
  const part = (rows: Value, bias: Value | undefined) => {
    const scores = matmul(rows, keys);
    return matmul(softmax(bias ? add(scores, bias) : scores), values);
  };
  const ranges = cuts(queries!, key.shape[1]!, most / heads);
  if (ranges.length < 2) return joinHeads(part(q, bias));
  const parts = ranges.map((range) => {
    const ofRange = bias && bias.shape[2] !== 1 ? slice(bias, [range]) : bias;
    return part(slice(q, [range]), ofRange);
  });
  return joinHeads(concat(parts, 2));
}

/** Ranges of queries whose scores are at most `most` a head; none where sizes are not numbers. */
function cuts(queries: Dim, keys: Dim, most: number) {
  if (typeof queries !== 'number' || typeof keys !== 'number') return [];
  const rows = Math.max(1, Math.floor(most / keys));
  return Array.from({ length: Math.ceil(queries / rows) }, (_, i) => ({
    axis: 2,
    start: i * rows,
    end: Math.min(queries, (i + 1) * rows),
  }));
}

/** Computes every attention of a graph by `attentionByProducts`. */
export const attentionsByProducts: Rules = {
  node({ operator, attributes }, inputs) {
    if (operator !== (attentionOperator as unknown)) return undefined;
    const [query, key, value, , , bias] = inputs;
    const { num_heads: heads, scale } = attributes as { num_heads: number; scale: number };
    return [attentionByProducts(query!, key!, value!, { heads, scale, ...(bias ? { bias } : {}) })];
  },
};

function biasShape(bias: Value, query: Value, key: Value): Shape {
  const [batch, heads, rows, columns] = bias.shape;
  const [queries, keys] = [query.shape[1], key.shape[1]];
  const fits = bias.shape.length === 4 && (rows === queries || rows === 1) && columns === keys;
  if (!fits) fail('MultiHeadAttention', 'the bias does not fit the scores', [bias, query, key]);
  return [batch!, heads!, queries!, keys!];
}
