import { defineOperator, emitOne, fail } from "../operator.js";
import { broadcast } from "../shape.js";
import { mul } from "./arithmetic.js";
import { reshape, squeeze, unsqueeze } from "./layout.js";
import { sumTo } from "./reduce.js";
const fusedMatMulOperator = defineOperator({
    type: 'FusedMatMul',
    domain: 'com.microsoft',
    attributes: { transA: 'int', transB: 'int', alpha: 'float' },
    infer: ([a, b], { transA, transB }) => [
        { dtype: a.dtype, shape: matMulShape('MatMul', a, b, transA === 1, transB === 1) },
    ],
    gradient: ({ inputs, attributes, gradient: g, needs }) => {
        const [a, b] = inputs;
        const { transA, transB, alpha } = fusedOptions(attributes);
        const times = (x, y, transX, transY) => fusedMatMul(x, y, { transA: transX, transB: transY, alpha });
        const da = () => (transA ? times(b, g, transB, true) : times(g, b, false, !transB));
        const db = () => (transB ? times(g, a, true, transA) : times(a, g, !transA, false));
        return [needs(0) ? sumTo(da(), a.shape) : undefined, needs(1) ? sumTo(db(), b.shape) : undefined];
    },
});
const matMulOperator = defineOperator({
    type: 'MatMul',
    infer: ([a, b]) => [{ dtype: a.dtype, shape: matMulShape('MatMul', a, b, false, false) }],
    gradient: (context) => fusedMatMulOperator.gradient(context),
});
function fusedOptions(attributes) {
    const { transA, transB, alpha } = attributes;
    return { transA: transA === 1, transB: transB === 1, alpha: alpha ?? 1 };
}
function matMulShape(type, a, b, transA, transB) {
    if (a.shape.length < 2 || b.shape.length < 2)
        fail(type, 'operands need at least two axes', [a, b]);
    if (a.dtype !== b.dtype)
        fail(type, 'element types differ', [a, b]);
    const [rows, inner] = lastTwo(a.shape, transA);
    const [depth, columns] = lastTwo(b.shape, transB);
    const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
    if (inner !== depth || !batch) {
        const how = `${transA ? 'transposed ' : ''}times${transB ? ' transposed' : ''}`;
        fail(type, `inner dimensions ${inner} and ${depth} or batches do not fit (${how})`, [a, b]);
    }
    return [...batch, rows, columns];
}
function lastTwo(shape, transposed) {
    const [m, n] = shape.slice(-2);
    return transposed ? [n, m] : [m, n];
}
/** a [..., m, k] times b [..., k, n]; batches broadcast; an operand of rank 1 is a row (a) or a column (b). */
export function matmul(a, b) {
    if (a.shape.length === 1)
        return squeeze(matmul(unsqueeze(a, 0), b), -2);
    if (b.shape.length === 1)
        return squeeze(matmul(a, unsqueeze(b, 1)), -1);
    return emitOne(matMulOperator, [a, b]);
}
/** alpha * a times b, either taken transposed in its last two axes, without a copy. */
export function fusedMatMul(a, b, options) {
    const { transA = false, transB = false, alpha = 1 } = options;
    return emitOne(fusedMatMulOperator, [a, b], { transA: Number(transA), transB: Number(transB), alpha });
}
const gemmOperator = defineOperator({
    type: 'Gemm',
    attributes: { transA: 'int', transB: 'int', alpha: 'float', beta: 'float' },
    infer: ([a, b, c], { transA, transB }) => {
        if (a.shape.length !== 2 || b.shape.length !== 2)
            fail('Gemm', 'operands need two axes', [a, b, c]);
        const shape = matMulShape('Gemm', a, b, transA === 1, transB === 1);
        const whole = c ? broadcast(c.shape, shape) : shape;
        if (!whole || whole.join() !== shape.join())
            fail('Gemm', 'the addend does not fit the product', [a, b, c]);
        return [{ dtype: a.dtype, shape }];
    },
    gradient: ({ inputs, attributes, gradient: g, needs }) => {
        const [a, b, c] = inputs;
        const { transA, transB, alpha } = fusedOptions(attributes);
        const beta = attributes['beta'] ?? 1;
        const times = (x, y, transX, transY) => gemm(x, y, undefined, { transA: transX, transB: transY, alpha });
        const da = () => (transA ? times(b, g, transB, true) : times(g, b, false, !transB));
        const db = () => (transB ? times(g, a, true, transA) : times(a, g, !transA, false));
        const dc = () => (beta === 1 ? sumTo(g, c.shape) : mul(sumTo(g, c.shape), beta));
        return [needs(0) ? da() : undefined, needs(1) ? db() : undefined, c && needs(2) ? dc() : undefined];
    },
});
/** alpha * a' b' + beta * c for matrices, either operand taken transposed. */
export function gemm(a, b, c, options = {}) {
    const { transA = false, transB = false, alpha = 1, beta = 1 } = options;
    return emitOne(gemmOperator, [a, b, c], { transA: Number(transA), transB: Number(transB), alpha, beta });
}
/**
 * x [..., in] times the transpose of `weight` [out, in] (the layout of a PyTorch checkpoint) plus `bias` [out].
 * Runs as one Gemm over all rows of x.
 */
export function linear(x, weight, bias) {
    const last = x.shape[x.shape.length - 1];
    if (weight.shape.length !== 2 || last !== weight.shape[1])
        fail('Linear', 'inputs do not fit the weight', [x, weight]);
    const rows = x.shape.length === 2 ? x : reshape(x, [-1, last]);
    const result = gemm(rows, weight, bias, { transB: true });
    return x.shape.length === 2 ? result : reshape(result, [...x.shape.slice(0, -1), weight.shape[0]]);
}
//# sourceMappingURL=matmul.js.map