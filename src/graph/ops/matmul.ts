/**
 * Matrix products: MatMul, com.microsoft's FusedMatMul (transposed operands, a factor) and Gemm.
 */
import { scalar, type Value } from '../graph.ts';
import { defineOperator, emitOne, fail, type GradientContext } from '../operator.ts';
import type { Rules } from '../rewrite.ts';
import { broadcast, type Shape, sameShape } from '../shape.ts';
import { mul } from './arithmetic.ts';
import { cast } from './cast.ts';
import { reshape, squeeze, transpose, unsqueeze } from './layout.ts';
import { sumTo } from './reduce.ts';

/** As ONNX stores them: 1 for a transposed operand. */
type ProductAttributes = { readonly transA: number; readonly transB: number; readonly alpha: number };

/** The gradient rule of alpha a' b', where ' may transpose, from the product operator itself. */
function productGradients(
  [a, b]: readonly [Value, Value],
  { transA, transB, alpha }: Required<FusedOptions>,
  g: Value,
  product: (x: Value, y: Value, options: FusedOptions) => Value,
) {
  const times = (x: Value, y: Value, transX: boolean, transY: boolean) =>
    product(x, y, { transA: transX, transB: transY, alpha });
  return {
    da: () => (transA ? times(b, g, transB, true) : times(g, b, false, !transB)),
    db: () => (transB ? times(g, a, true, transA) : times(a, g, !transA, false)),
  };
}

/** For batches: what broadcasting repeated is summed again. */
function batchedGradients({ inputs, gradient, needs }: GradientContext, options: Required<FusedOptions>) {
  const [a, b] = inputs as [Value, Value];
  const { da, db } = productGradients([a, b], options, gradient, fusedMatMul);
  return [needs(0) ? sumTo(da(), a.shape) : undefined, needs(1) ? sumTo(db(), b.shape) : undefined];
}

const fusedMatMulOperator = defineOperator<ProductAttributes>({
  type: 'FusedMatMul',
  domain: 'com.microsoft',
  attributes: { transA: 'int', transB: 'int', alpha: 'float' },
  infer: ([a, b], { transA, transB }) => [
    { dtype: a!.dtype, shape: matMulShape('FusedMatMul', a!, b!, transA === 1, transB === 1) },
  ],
  gradient: (context) => batchedGradients(context, optionsOf(context.attributes)),
});

const matMulOperator = defineOperator({
  type: 'MatMul',
  infer: ([a, b]) => [{ dtype: a!.dtype, shape: matMulShape('MatMul', a!, b!, false, false) }],
  gradient: (context) => batchedGradients(context, { transA: false, transB: false, alpha: 1 }),
});

function optionsOf({ transA, transB, alpha }: ProductAttributes): Required<FusedOptions> {
  return { transA: transA === 1, transB: transB === 1, alpha };
}

function matMulShape(type: string, a: Value, b: Value, transA: boolean, transB: boolean): Shape {
  if (a.shape.length < 2 || b.shape.length < 2) fail(type, 'operands need at least two axes', [a, b]);
  if (a.dtype !== b.dtype) fail(type, 'element types differ', [a, b]);
  const [rows, inner] = lastTwo(a.shape, transA);
  const [depth, columns] = lastTwo(b.shape, transB);
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (inner !== depth || !batch) {
    fail(type, `inner dimensions ${inner} and ${depth} or batches do not fit`, [a, b]);
  }
  return [...batch, rows, columns];
}

function lastTwo(shape: Shape, transposed: boolean) {
  const [m, n] = shape.slice(-2);
  return transposed ? ([n!, m!] as const) : ([m!, n!] as const);
}

/** a [..., m, k] times b [..., k, n]; batches broadcast; an operand of rank 1 is a row (a) or a column (b). */
export function matmul(a: Value, b: Value): Value {
  if (a.shape.length === 1) {
    const product = matmul(unsqueeze(a, 0), b);
    return squeeze(product, b.shape.length === 1 ? -1 : -2);
  }
  if (b.shape.length === 1) return squeeze(matmul(a, unsqueeze(b, 1)), -1);
  return emitOne(matMulOperator, [a, b]);
}

export interface FusedOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
}

/** alpha * a times b, either taken transposed in its last two axes, without a copy. */
export function fusedMatMul(a: Value, b: Value, options: FusedOptions): Value {
  const { transA = false, transB = false, alpha = 1 } = options;
  return emitOne(fusedMatMulOperator, [a, b], { transA: Number(transA), transB: Number(transB), alpha });
}

/** Computes every FusedMatMul by transposes and a MatMul, for devices on which the one operator is missing. */
export const productsApart: Rules = {
  node({ operator, attributes }, inputs) {
    if (operator !== (fusedMatMulOperator as unknown)) return undefined;
    const { transA, transB, alpha } = optionsOf(attributes as ProductAttributes);
    const turned = (x: Value, turn: boolean) => (turn ? transpose(x, lastTwoSwapped(x.shape.length)) : x);
    const [a, b] = inputs as [Value, Value];
    const product = matmul(turned(a, transA), turned(b, transB));
    return [alpha === 1 ? product : mul(product, cast(scalar(a.graph, alpha), a.dtype))];
  },
};

function lastTwoSwapped(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return [...axes.slice(0, -2), rank - 1, rank - 2];
}

const gemmOperator = defineOperator<ProductAttributes & { readonly beta: number }>({
  type: 'Gemm',
  attributes: { transA: 'int', transB: 'int', alpha: 'float', beta: 'float' },
  infer: ([a, b, c], { transA, transB }) => {
    if (a!.shape.length !== 2 || b!.shape.length !== 2) fail('Gemm', 'operands need two axes', [a, b, c]);
    const shape = matMulShape('Gemm', a!, b!, transA === 1, transB === 1);
    const whole = c ? broadcast(c.shape, shape) : shape;
    if (!whole || !sameShape(whole, shape)) fail('Gemm', 'the addend does not fit the product', [a, b, c]);
    return [{ dtype: a!.dtype, shape }];
  },
  gradient: ({ inputs, attributes, gradient: g, needs }) => {
    const [a, b, c] = inputs as [Value, Value, Value | undefined];
    const plainGemm = (x: Value, y: Value, options: FusedOptions) => gemm(x, y, undefined, options);
    const { da, db } = productGradients([a, b], optionsOf(attributes), g, plainGemm);
    return [
      needs(0) ? da() : undefined,
      needs(1) ? db() : undefined,
      c && needs(2) ? mul(sumTo(g, c.shape), attributes.beta) : undefined,
    ];
  },
});

/** alpha * a' b' + beta * c for matrices, either operand taken transposed. */
export function gemm(
  a: Value,
  b: Value,
  c: Value | undefined,
  options: FusedOptions & { beta?: number } = {},
): Value {
  const { transA = false, transB = false, alpha = 1, beta = 1 } = options;
  return emitOne(gemmOperator, [a, b, c], { transA: Number(transA), transB: Number(transB), alpha, beta });
}

/**
 * x [..., in] times the transpose of `weight` [out, in] (the layout of a PyTorch checkpoint) plus `bias` [out].
 * Runs as one Gemm over all rows of x.
 */
export function linear(x: Value, weight: Value, bias?: Value): Value {
  const last = x.shape[x.shape.length - 1];
  if (weight.shape.length !== 2 || last !== weight.shape[1])
    fail('Linear', 'inputs do not fit the weight', [x, weight]);
  const rows = x.shape.length === 2 ? x : reshape(x, [-1, last!]);
  const result = gemm(rows, weight, bias, { transB: true });
  return x.shape.length === 2 ? result : reshape(result, [...x.shape.slice(0, -1), weight.shape[0]!]);
}
