import { defineOperator, emitOne, fail } from "../operator.js";
import { concat, pad, reshape, slice, unsqueeze } from "./layout.js";
import { fusedMatMul } from "./matmul.js";
import { reduceSum } from "./reduce.js";
function geometry({ stride = 1, padding = 0, groups = 1 }) {
    return {
        stride,
        pads: typeof padding === 'number' ? [padding, padding, padding, padding] : padding,
        groups,
    };
}
function attributesOf({ stride, pads, groups }) {
    return { strides: [stride, stride], pads, group: groups };
}
function geometryOf(attributes) {
    return {
        stride: attributes['strides'][0],
        pads: attributes['pads'],
        groups: attributes['group'],
    };
}
function outputSize(size, kernel, before, after, stride) {
    return Math.floor((size + before + after - kernel) / stride) + 1;
}
function spatial(x, type) {
    const [, , height, width] = x.shape;
    if (x.shape.length !== 4 || typeof height !== 'number' || typeof width !== 'number') {
        fail(type, 'needs [batch, channels, height, width] with a size of numbers', [x]);
    }
    return [height, width];
}
function convolutionShape(inputs, { stride, pads, groups }) {
    const [x, weight] = inputs;
    const [height, width] = spatial(x, 'Conv');
    const [out, channels, kernelHeight, kernelWidth] = weight.shape;
    if (weight.shape.length !== 4 || x.shape[1] !== channels * groups || out % groups !== 0) {
        fail('Conv', `channels do not fit (groups ${groups})`, inputs);
    }
    const rows = outputSize(height, kernelHeight, pads[0], pads[2], stride);
    const columns = outputSize(width, kernelWidth, pads[1], pads[3], stride);
    if (rows < 1 || columns < 1)
        fail('Conv', 'the picture is smaller than the window', inputs);
    return [x.shape[0], out, rows, columns];
}
const convOperator = defineOperator({
    type: 'Conv',
    attributes: { strides: 'ints', pads: 'ints', group: 'int' },
    infer: (inputs, attributes) => [
        { dtype: inputs[0].dtype, shape: convolutionShape(inputs, geometryOf(attributes)) },
    ],
    gradient: ({ inputs, attributes, gradient, needs }) => {
        const [x, weight, bias] = inputs;
        const place = geometryOf(attributes);
        return [
            needs(0) ? convTransposed(gradient, weight, x.shape, place) : undefined,
            needs(1) ? weightGradient(x, weight, gradient, place) : undefined,
            bias && needs(2) ? reduceSum(gradient, [0, 2, 3]) : undefined,
        ];
    },
});
/** x [batch, in, h, w] with `weight` [out, in / groups, kh, kw] and `bias` [out]. */
export function conv2d(x, weight, bias, options = {}) {
    return emitOne(convOperator, [x, weight, bias], attributesOf(geometry(options)));
}
const convTransposeOperator = defineOperator({
    type: 'ConvTranspose',
    attributes: { strides: 'ints', pads: 'ints', group: 'int', output_padding: 'ints', target: 'rule' },
    infer: ([x], { target }) => [{ dtype: x.dtype, shape: target }],
    gradient: ({ inputs, attributes, gradient, needs }) => {
        const [x, weight] = inputs;
        const place = geometryOf(attributes);
        return [
            needs(0) ? emitOne(convOperator, [gradient, weight], attributesOf(place)) : undefined,
            needs(1) ? weightGradient(gradient, weight, x, place) : undefined,
        ];
    },
});
/** The transpose of `conv2d` in its input: from the shape of its output back to `shape`, the shape of its input. */
export function convTransposed(x, weight, shape, place) {
    const [rows, columns] = spatial(x, 'ConvTranspose');
    const [, , kernelHeight, kernelWidth] = weight.shape;
    const covered = (count, kernel, pads) => (count - 1) * place.stride + kernel - pads;
    const missing = [
        shape[2] - covered(rows, kernelHeight, place.pads[0] + place.pads[2]),
        shape[3] - covered(columns, kernelWidth, place.pads[1] + place.pads[3]),
    ];
    return emitOne(convTransposeOperator, [x, weight], {
        ...attributesOf(place),
        output_padding: missing,
        target: shape,
    });
}
/** Windows of x as [batch, groups, channels / groups * kh * kw, positions]. */
function unfold(x, weight, rows, columns, { stride, pads, groups }) {
    const [, channels, kernelHeight, kernelWidth] = weight.shape;
    const padded = pad(x, [
        { axis: 2, before: pads[0], after: pads[2] },
        { axis: 3, before: pads[1], after: pads[3] },
    ]);
    const windows = [];
    for (let i = 0; i < kernelHeight; i++) {
        for (let j = 0; j < kernelWidth; j++) {
            const shifted = slice(padded, [
                { axis: 2, start: i, end: i + (rows - 1) * stride + 1, step: stride },
                { axis: 3, start: j, end: j + (columns - 1) * stride + 1, step: stride },
            ]);
            windows.push(unsqueeze(shifted, 2));
        }
    }
    return reshape(concat(windows, 2), [x.shape[0], groups, channels * windows.length, rows * columns]);
}
/** sum over batch and positions of gradient times window, in the shape of the weight. */
function weightGradient(x, weight, gradient, place) {
    const [, out, rows, columns] = gradient.shape;
    const windows = unfold(x, weight, rows, columns, place);
    const grouped = reshape(gradient, [gradient.shape[0], place.groups, out / place.groups, rows * columns]);
    const perSample = fusedMatMul(grouped, windows, { transB: true });
    return reshape(reduceSum(perSample, [0]), weight.shape);
}
//# sourceMappingURL=convolution.js.map