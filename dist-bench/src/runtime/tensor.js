/** float32 tensor; `data` is used, not copied. */
export function floatTensor(data, shape) {
    return { type: 'float32', shape, data };
}
/** int64 tensor from ordinary numbers. */
export function intTensor(values, shape) {
    return {
        type: 'int64',
        shape,
        data: BigInt64Array.from({ length: values.length }, (_, i) => BigInt(values[i])),
    };
}
//# sourceMappingURL=tensor.js.map