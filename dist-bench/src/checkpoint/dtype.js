/**
 * The element types of weights files, under the names of the safetensors format, and the array that holds each.
 *
 * Knows no file. Arrays are in the byte order of the host, which is little-endian wherever ONNX Runtime's
 * binaries run, as is every file read or written here.
 */
/** Constructor and bytes an element, in the order in which the safetensors library ranks the types. */
const kinds = {
    BOOL: Uint8Array,
    U8: Uint8Array,
    I8: Int8Array,
    I16: Int16Array,
    U16: Uint16Array,
    F16: Uint16Array,
    BF16: Uint16Array,
    I32: Int32Array,
    U32: Uint32Array,
    F32: Float32Array,
    F64: Float64Array,
    I64: BigInt64Array,
    U64: BigUint64Array,
};
/** Every type, narrow before wide, as the safetensors library ranks them. */
export const dtypes = Object.keys(kinds);
export function isDType(value) {
    return typeof value === 'string' && Object.hasOwn(kinds, value);
}
/** Bytes of one element. */
export function elementBytes(dtype) {
    return kinds[dtype].BYTES_PER_ELEMENT;
}
/** A zeroed array of `length` elements of `dtype`. */
export function newArray(dtype, length) {
    return new kinds[dtype](length);
}
/** Whether `data` is the array that holds raw elements of `dtype`. */
export function holds(data, dtype) {
    return data instanceof kinds[dtype];
}
/** The number of elements of `shape`, or undefined where that exceeds what a number counts exactly. */
export function elementCount(shape) {
    if (shape.includes(0))
        return 0;
    const count = shape.reduce((product, size) => product * size, 1);
    return Number.isSafeInteger(count) ? count : undefined;
}
/** The bytes under an array, without a copy. */
export function bytesOf(data) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
//# sourceMappingURL=dtype.js.map