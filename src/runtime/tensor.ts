/**
 * A dense tensor outside any graph: what is fed to a session and what comes back.
 *
 * Knows no engine; `shape` is row-major, `data.length` is the product of `shape`.
 */
export type TensorData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;

export type TensorType = 'float32' | 'float16' | 'int64' | 'int32' | 'bool' | 'uint8' | 'int8';

export interface Tensor<Data extends TensorData = TensorData> {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: Data;
}

export type FloatTensor = Tensor<Float32Array>;

/** float32 tensor; `data` is used, not copied. */
export function floatTensor(data: Float32Array, shape: readonly number[]): FloatTensor {
  return { type: 'float32', shape, data };
}

/** int64 tensor from ordinary numbers. */
export function intTensor(values: ArrayLike<number>, shape: readonly number[]): Tensor<BigInt64Array> {
  return {
    type: 'int64',
    shape,
    data: BigInt64Array.from({ length: values.length }, (_, i) => BigInt(values[i] as number)),
  };
}
