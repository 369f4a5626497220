import { defineOperator, emitOne, fail } from "../operator.js";
import { add, mul, sub } from "./arithmetic.js";
import { reshape, transpose } from "./layout.js";
import { fusedMatMul, matmul } from "./matmul.js";
import { expand, reduceSum } from "./reduce.js";
import { softmax } from "./softmax.js";
const attentionOperator = defineOperator({
    type: 'MultiHeadAttention',
    domain: 'com.microsoft',
    attributes: { num_heads: 'int', scale: 'float' },
    infer: (inputs, attributes) => [
        { dtype: inputs[0].dtype, shape: attentionShape(inputs, attributes['num_heads']) },
    ],
    gradient: ({ inputs, outputs, attributes, gradient, needs }) => {
        const [query, key, value, , , bias] = inputs;
        const heads = attributes['num_heads'];
        const scale = attributes['scale'];
        const [q, k, v, g, o] = [query, key, value, gradient, outputs[0]].map((x) => splitHeads(x, heads));
        const scores = fusedMatMul(q, k, { transB: true, alpha: scale });
        const probabilities = softmax(bias ? add(scores, bias) : scores);
        // sum(g * o) over a head equals sum(dp * p) over the keys, and is the smaller product.
        const along = reduceSum(mul(g, o), [3], true);
        const ds = mul(probabilities, sub(fusedMatMul(g, v, { transB: true }), along));
        return [
            needs(0) ? joinHeads(mul(matmul(ds, k), scale)) : undefined,
            needs(1) ? joinHeads(fusedMatMul(ds, q, { transA: true, alpha: scale })) : undefined,
            needs(2) ? joinHeads(fusedMatMul(probabilities, g, { transA: true })) : undefined,
        ];
    },
});
function attentionShape(inputs, heads) {
    const [q, k, v] = inputs;
    const [batch, length, size] = q.shape;
    const [keyBatch, keys, keySize] = k.shape;
    const fits = q.shape.length === 3 &&
        batch === keyBatch &&
        size === keySize &&
        v.shape[0] === batch &&
        v.shape[1] === keys &&
        size % heads === 0 &&
        v.shape[2] % heads === 0;
    if (!fits)
        fail('MultiHeadAttention', `query, key and value do not fit (${heads} heads)`, inputs.slice(0, 3));
    return [batch, length, v.shape[2]];
}
/** [batch, length, heads * size] to [batch, heads, length, size]. */
function splitHeads(x, heads) {
    const [batch, length, size] = x.shape;
    return transpose(reshape(x, [batch, length, heads, size / heads]), [0, 2, 1, 3]);
}
/** [batch, heads, length, size] to [batch, length, heads * size]. */
function joinHeads(x) {
    const [batch, heads, length, size] = x.shape;
    return reshape(transpose(x, [0, 2, 1, 3]), [batch, length, heads * size]);
}
/**
 * softmax(query key^T scale + bias) value for each head, joined.
 * query [batch, queries, heads * size], key and value [batch, keys, heads * size].
 */
export function attention(query, key, value, options) {
    const size = query.shape[query.shape.length - 1];
    const scale = options.scale ?? 1 / Math.sqrt(size / options.heads);
    // The engine wants the queries' axis of the bias written out.
    const bias = options.bias && expand(options.bias, biasShape(options.bias, query, key));
    const inputs = [query, key, value, undefined, undefined, bias];
    return emitOne(attentionOperator, bias ? inputs : inputs.slice(0, 3), {
        num_heads: options.heads,
        scale,
    });
}
function biasShape(bias, query, key) {
    const [batch, heads, rows, columns] = bias.shape;
    const [queries, keys] = [query.shape[1], key.shape[1]];
    const fits = bias.shape.length === 4 && (rows === queries || rows === 1) && columns === keys;
    if (!fits)
        fail('MultiHeadAttention', 'the bias does not fit the scores', [bias, query, key]);
    return [batch, heads, queries, keys];
}
//# sourceMappingURL=attention.js.map