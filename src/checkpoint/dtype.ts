/**
 * The element types of weights files, under the names of the safetensors format, and the array that holds each.
 *
 * Knows no file. Arrays are in the byte order of the host, which is little-endian wherever ONNX Runtime's
 * binaries run, as is every file read or written here.
 */

/** The array that holds the raw elements of each type; F16 and BF16 are bit patterns (half.ts converts). */
export interface ArrayOf {
  readonly BOOL: Uint8Array;
  readonly U8: Uint8Array;
  readonly I8: Int8Array;
  readonly I16: Int16Array;
  readonly U16: Uint16Array;
  readonly F16: Uint16Array;
  readonly BF16: Uint16Array;
  readonly I32: Int32Array;
  readonly U32: Uint32Array;
  readonly F32: Float32Array;
  readonly F64: Float64Array;
  readonly I64: BigInt64Array;
  readonly U64: BigUint64Array;
}

export type DType = keyof ArrayOf;
export type TensorArray = ArrayOf[DType];

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
} as const;

/** Every type, narrow before wide, as the safetensors library ranks them. */
export const dtypes = Object.keys(kinds) as readonly DType[];

export function isDType(value: unknown): value is DType {
  return typeof value === 'string' && Object.hasOwn(kinds, value);
}

/** Bytes of one element. */
export function elementBytes(dtype: DType): number {
  return kinds[dtype].BYTES_PER_ELEMENT;
}

/** A zeroed array of `length` elements of `dtype`. */
export function newArray<D extends DType>(dtype: D, length: number): ArrayOf[D] {
  return new kinds[dtype](length) as ArrayOf[D];
}

/** Whether `data` is the array that holds raw elements of `dtype`. */
export function holds(data: TensorArray, dtype: DType): boolean {
  return data instanceof kinds[dtype];
}

/** The number of elements of `shape`, or undefined where that exceeds what a number counts exactly. */
export function elementCount(shape: readonly number[]): number | undefined {
  if (shape.includes(0)) return 0;
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) ? count : undefined;
}

/** The bytes under an array, without a copy. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
