/**
 * Operators that move elements and compute nothing: reshape, transpose, concat, slice, pad.
 *
 * They stand in one file because each is the gradient of another.
 */
import { GraphError } from "../../errors.js";
import { ints, scalar, shared } from "../graph.js";
import { defineOperator, emitOne, fail } from "../operator.js";
import { factorsOf, formatShape, isStatic, normalAxis, product, quotient, sameShape, sum, } from "../shape.js";
const shapeOperator = defineOperator({
    type: 'Shape',
    attributes: { start: 'int', end: 'int' },
    infer: (_, { start, end }) => [{ dtype: 'int64', shape: [end - start] }],
});
const productOperator = defineOperator({
    type: 'Mul',
    infer: ([a]) => [{ dtype: 'int64', shape: a.shape }],
});
/** One dimension as an int64 value of shape [1], read from the running values when it is symbolic. */
function dimValue(graph, dim) {
    if (typeof dim === 'number')
        return ints(graph, [dim]);
    return shared(graph, `dim ${dim}`, () => {
        const known = graph.dimensions.get(dim);
        if (known)
            return emitOne(shapeOperator, [known.value], { start: known.axis, end: known.axis + 1 });
        const { factor, names } = factorsOf(dim);
        if (names.length === 1 && factor === 1) {
            throw new GraphError(`No value of the graph tells dimension ${dim} when it runs.`, 'Make it a dimension of an input.');
        }
        const factors = [
            ...(factor === 1 ? [] : [ints(graph, [factor])]),
            ...names.map((name) => dimValue(graph, name)),
        ];
        return factors.reduce((a, b) => emitOne(productOperator, [a, b]));
    });
}
/** A shape as an int64 value of rank 1. */
export function shapeTensor(graph, shape) {
    if (isStatic(shape))
        return ints(graph, shape);
    return shared(graph, `shape ${formatShape(shape)}`, () => emitOne(concatOperator, shape.map((dim) => dimValue(graph, dim)), { axis: 0 }));
}
const reshapeOperator = defineOperator({
    type: 'Reshape',
    attributes: { target: 'rule' },
    infer: ([x], { target }) => [{ dtype: x.dtype, shape: target }],
    gradient: ({ inputs, gradient }) => [reshape(gradient, inputs[0].shape), undefined],
});
/** x with the same elements in another shape; one dimension may be -1 (what is left). */
export function reshape(x, shape) {
    const target = resolve(x, shape);
    if (sameShape(target, x.shape))
        return x;
    return emitOne(reshapeOperator, [x, reshapeTarget(x, target)], { target });
}
function resolve(x, shape) {
    const size = product(x.shape);
    const open = shape.indexOf(-1);
    const rest = product(shape.filter((_, i) => i !== open));
    const left = open < 0 ? (rest === size ? 1 : undefined) : quotient(size, rest);
    if (left === undefined)
        fail('Reshape', `cannot become ${formatShape(shape)}`, [x]);
    return shape.map((dim, i) => (i === open ? left : dim));
}
/** ONNX's target: 0 copies a dimension of the input, -1 is what is left; else the shape is computed at run time. */
function reshapeTarget(x, target) {
    const written = target.map((dim, i) => (typeof dim === 'number' ? dim : dim === x.shape[i] ? 0 : dim));
    const symbolic = written.flatMap((dim, i) => (typeof dim === 'string' ? [i] : []));
    if (symbolic.length === 0)
        return ints(x.graph, written);
    if (symbolic.length === 1 && !target.includes(0)) {
        return ints(x.graph, written.map((dim) => (typeof dim === 'string' ? -1 : dim)));
    }
    return shapeTensor(x.graph, target);
}
const transposeOperator = defineOperator({
    type: 'Transpose',
    attributes: { perm: 'ints' },
    infer: ([x], { perm }) => [{ dtype: x.dtype, shape: perm.map((axis) => x.shape[axis]) }],
    gradient: ({ attributes, gradient }) => {
        const perm = attributes['perm'];
        return [
            transpose(gradient, perm.map((_, axis) => perm.indexOf(axis))),
        ];
    },
});
/** Axis i of the result is axis `perm[i]` of x. */
export function transpose(x, perm) {
    if ([...perm].sort((a, b) => a - b).join() !== x.shape.map((_, i) => i).join()) {
        fail('Transpose', `[${perm}] is no permutation of the axes`, [x]);
    }
    return perm.every((axis, i) => axis === i) ? x : emitOne(transposeOperator, [x], { perm });
}
const concatOperator = defineOperator({
    type: 'Concat',
    attributes: { axis: 'int' },
    infer: (inputs, attributes) => {
        const axis = attributes['axis'];
        const [first] = inputs;
        const shape = inputs.slice(1).reduce((joined, next) => {
            const fits = joined.length === next.shape.length &&
                joined.every((dim, i) => i === axis || dim === next.shape[i]);
            if (!fits || next.dtype !== first.dtype)
                fail('Concat', `operands differ outside axis ${axis}`, inputs);
            joined[axis] = sum(joined[axis], next.shape[axis]);
            return joined;
        }, [...first.shape]);
        return [{ dtype: first.dtype, shape }];
    },
    gradient: ({ inputs, attributes, gradient, needs }) => {
        const axis = attributes['axis'];
        let start = 0;
        return inputs.map((value, i) => {
            const size = value.shape[axis];
            if (typeof size !== 'number')
                fail('Concat', 'no gradient along a symbolic axis', inputs);
            const range = { axis, start, end: start + size };
            start += size;
            return needs(i) ? slice(gradient, [range]) : undefined;
        });
    },
});
/** The operands one after another along `axis`. */
export function concat(operands, axis) {
    if (operands.length === 0)
        throw new GraphError('Concat: needs at least one operand.');
    if (operands.length === 1)
        return operands[0];
    return emitOne(concatOperator, operands, { axis: normalAxis(axis, operands[0].shape.length, 'Concat') });
}
const sliceOperator = defineOperator({
    type: 'Slice',
    attributes: { ranges: 'rule' },
    infer: ([x], { ranges }) => {
        const shape = [...x.shape];
        for (const { axis, start, end, step } of ranges) {
            shape[axis] = Math.ceil((end - start) / step);
        }
        return [{ dtype: x.dtype, shape }];
    },
    gradient: ({ inputs, attributes, gradient }) => {
        const ranges = attributes['ranges'];
        return [ranges.reduce((g, range) => unslice(g, range, inputs[0].shape[range.axis]), gradient)];
    },
});
/** The part of x within the ranges; sliced axes must not be symbolic. */
export function slice(x, ranges) {
    const normal = ranges.map((range) => {
        const axis = normalAxis(range.axis, x.shape.length, 'Slice');
        const size = x.shape[axis];
        if (typeof size !== 'number')
            fail('Slice', `axis ${axis} is symbolic`, [x]);
        const clamp = (at) => Math.min(size, Math.max(0, at < 0 ? at + size : at));
        const step = range.step ?? 1;
        const [start, end] = [clamp(range.start), clamp(range.end ?? size)];
        if (step < 1 || end <= start)
            fail('Slice', `range ${start}:${end}:${step} of axis ${axis} is empty`, [x]);
        return { axis, start, end, step };
    });
    const column = (key) => ints(x.graph, normal.map((range) => range[key]));
    return emitOne(sliceOperator, [x, column('start'), column('end'), column('axis'), column('step')], {
        ranges: normal,
    });
}
/** The transpose of slicing one axis: elements go back to where they came from, zeros elsewhere. */
function unslice(g, { axis, start, step }, size) {
    const count = g.shape[axis];
    const spread = step === 1 ? g : interleaveZeros(g, axis, step);
    const covered = count * step;
    const room = size - start;
    const cut = covered > room ? slice(spread, [{ axis, start: 0, end: room }]) : spread;
    return pad(cut, [{ axis, before: start, after: Math.max(0, room - covered) }]);
}
function interleaveZeros(x, axis, step) {
    const wide = reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
    const padded = pad(wide, [{ axis: axis + 1, before: 0, after: step - 1 }]);
    return reshape(padded, x.shape.map((dim, i) => (i === axis ? dim * step : dim)));
}
const padOperator = defineOperator({
    type: 'Pad',
    attributes: { mode: 'string', pads: 'rule' },
    infer: ([x], { pads }) => {
        const all = pads;
        const rank = x.shape.length;
        return [{ dtype: x.dtype, shape: x.shape.map((dim, i) => sum(sum(all[i], dim), all[rank + i])) }];
    },
    gradient: ({ inputs, attributes, gradient }) => {
        const pads = attributes['pads'];
        const rank = inputs[0].shape.length;
        const ranges = inputs[0].shape.flatMap((dim, axis) => pads[axis] + pads[rank + axis] === 0
            ? []
            : [{ axis, start: pads[axis], end: pads[axis] + dim }]);
        return [slice(gradient, ranges)];
    },
});
/** x (float32) with zeros added before and after along some axes. */
export function pad(x, paddings) {
    const rank = x.shape.length;
    const pads = new Array(2 * rank).fill(0);
    for (const { axis, before, after } of paddings) {
        pads[axis] = before;
        pads[rank + axis] = after;
    }
    if (pads.every((n) => n === 0))
        return x;
    if (pads.some((n) => n < 0))
        fail('Pad', `negative padding [${pads}]`, [x]);
    return emitOne(padOperator, [x, ints(x.graph, pads), scalar(x.graph, 0)], { mode: 'constant', pads });
}
/** x with a new axis of size 1 at `axis`. */
export function unsqueeze(x, axis) {
    const at = normalAxis(axis, x.shape.length + 1, 'Unsqueeze');
    return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}
/** x without `axis`, whose size must be 1. */
export function squeeze(x, axis) {
    const at = normalAxis(axis, x.shape.length, 'Squeeze');
    if (x.shape[at] !== 1)
        fail('Squeeze', `axis ${at} is not of size 1`, [x]);
    return reshape(x, x.shape.filter((_, i) => i !== at));
}
//# sourceMappingURL=layout.js.map