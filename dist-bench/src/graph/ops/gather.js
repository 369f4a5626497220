/**
 * Picking rows by index, and its transpose, adding rows up by index.
 */
import { ints } from "../graph.js";
import { defineOperator, emitOne, fail } from "../operator.js";
import { normalAxis } from "../shape.js";
import { mul } from "./arithmetic.js";
import { cast } from "./cast.js";
import { reshape, transpose, unsqueeze } from "./layout.js";
import { equal, not } from "./logic.js";
import { zeros } from "./reduce.js";
const gatherOperator = defineOperator({
    type: 'Gather',
    attributes: { axis: 'int', paddingIndex: 'rule' },
    infer: ([x, indices], attributes) => {
        const axis = attributes['axis'];
        if (indices.dtype !== 'int64')
            fail('Gather', 'indices must be int64', [x, indices]);
        return [
            {
                dtype: x.dtype,
                shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
            },
        ];
    },
    gradient: ({ inputs, attributes, gradient }) => {
        const [x, indices] = inputs;
        const axis = attributes['axis'];
        const padding = attributes['paddingIndex'];
        const flat = reshape(indices, [-1]);
        const front = rowsFirst(gradient, axis, indices.shape.length);
        const rows = reshape(front, [flat.shape[0], ...x.shape.slice(0, axis), ...x.shape.slice(axis + 1)]);
        const kept = padding === undefined ? rows : mul(rows, keepMask(flat, padding, rows.shape.length));
        return [axisFirstToPlace(scatterAdd(flat, kept, x.shape[axis]), axis)];
    },
});
/** The gathered axes of `gradient` moved to the front. */
function rowsFirst(gradient, axis, count) {
    const all = gradient.shape.map((_, i) => i);
    const gathered = all.slice(axis, axis + count);
    return transpose(gradient, [...gathered, ...all.filter((i) => !gathered.includes(i))]);
}
function axisFirstToPlace(x, axis) {
    const rest = x.shape.map((_, i) => i).slice(1);
    return transpose(x, [...rest.slice(0, axis), 0, ...rest.slice(axis)]);
}
/** 1 for every index but `padding`, shaped to multiply rows of `rank` axes. */
function keepMask(flat, padding, rank) {
    const mask = cast(not(equal(flat, ints(flat.graph, [padding]))), 'float32');
    return reshape(mask, [flat.shape[0], ...new Array(rank - 1).fill(1)]);
}
/** Slices of x along `axis` at int64 `indices`, whose shape takes the place of the axis. */
export function gather(x, indices, axis = 0) {
    return emitOne(gatherOperator, [x, indices], { axis: normalAxis(axis, x.shape.length, 'Gather') });
}
/**
 * Rows of `weight` [count, size] at `ids` (int64), as torch.nn.Embedding. Row `paddingIndex` is read as any other
 * but its gradient is zero.
 */
export function embedding(weight, ids, paddingIndex) {
    return emitOne(gatherOperator, [weight, ids], { axis: 0, paddingIndex });
}
const scatterOperator = defineOperator({
    type: 'ScatterND',
    attributes: { reduction: 'string' },
    infer: ([base]) => [{ dtype: base.dtype, shape: base.shape }],
    gradient: ({ inputs, gradient }) => {
        const indices = inputs[1];
        return [gradient, undefined, gather(gradient, reshape(indices, indices.shape.slice(0, -1)))];
    },
});
/** A value of `size` rows in which row indices[i] is the sum of all rows[i]: the transpose of `gather` on axis 0. */
export function scatterAdd(indices, rows, size) {
    const base = zeros(rows.graph, [size, ...rows.shape.slice(1)]);
    return emitOne(scatterOperator, [base, unsqueeze(indices, 1), rows], { reduction: 'add' });
}
const gatherNDOperator = defineOperator({
    type: 'GatherND',
    attributes: { batch_dims: 'int' },
    infer: ([x, indices]) => {
        if (x.shape[0] !== indices.shape[0])
            fail('GatherND', 'one index a batch row is needed', [x, indices]);
        return [{ dtype: x.dtype, shape: [x.shape[0], ...x.shape.slice(2)] }];
    },
    gradient: ({ inputs, gradient }) => {
        const [x, indices] = inputs;
        return [mul(unsqueeze(gradient, 1), oneHotRows(x, indices))];
    },
});
/** [batch, length, 1, ...]: 1 where the position is the index of its row. */
function oneHotRows(x, indices) {
    const length = x.shape[1];
    if (typeof length !== 'number')
        fail('GatherND', 'no gradient along a symbolic axis', [x, indices]);
    const positions = ints(x.graph, Array.from({ length }, (_, i) => i));
    const hot = cast(equal(indices, reshape(positions, [1, length])), 'float32');
    return reshape(hot, [x.shape[0], length, ...x.shape.slice(2).map(() => 1)]);
}
/** x[b, indices[b]] for x [batch, length, ...] and int64 indices [batch]: one position a row. */
export function selectRows(x, indices) {
    return emitOne(gatherNDOperator, [x, unsqueeze(indices, 1)], { batch_dims: 1 });
}
const argMaxOperator = defineOperator({
    type: 'ArgMax',
    attributes: { axis: 'int', keepdims: 'int' },
    infer: ([x]) => [{ dtype: 'int64', shape: x.shape.slice(0, -1) }],
});
/** Index of the largest element along the last axis, the first one of equals. */
export function argMax(x) {
    return emitOne(argMaxOperator, [x], { axis: -1, keepdims: 0 });
}
//# sourceMappingURL=gather.js.map