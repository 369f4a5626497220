/**
 * Element types of values, as ONNX numbers them (TensorProto.DataType).
 */
export const onnxTypeOf = {
    float32: 1,
    uint8: 2,
    int8: 3,
    int32: 6,
    int64: 7,
    bool: 9,
    float16: 10,
    bfloat16: 16,
};
export function isFloat(dtype) {
    return dtype === 'float32' || dtype === 'float16' || dtype === 'bfloat16';
}
/** Bytes of one element. */
export const byteSizeOf = {
    float32: 4,
    uint8: 1,
    int8: 1,
    int32: 4,
    int64: 8,
    bool: 1,
    float16: 2,
    bfloat16: 2,
};
//# sourceMappingURL=dtype.js.map