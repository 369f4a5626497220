/**
 * Writes safetensors files, byte for byte as the format's own library lays them out: wide types first, then by
 * name, so that every tensor is aligned to its element size.
 *
 * Knows no model.
 */
import type { FileHandle } from 'node:fs/promises';
import { CheckpointError } from '../errors.ts';
import { writeAll, writeFileAtomic } from './atomic.ts';
import { bytesOf, type DType, dtypes, elementBytes, elementCount, holds, type TensorArray } from './dtype.ts';
import { float32ToBfloat16, float32ToHalf } from './half.ts';
import { metadataKey } from './safetensors.ts';

export interface TensorToWrite {
  readonly name: string;
  /** What the file shall hold. */
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The raw elements, or float32 values to be rounded where `dtype` is F16 or BF16. */
  readonly data: TensorArray;
}

/** A tensor whose elements are asked for when it is written, so that few need be in memory. */
export interface LazyTensor extends Omit<TensorToWrite, 'data'> {
  readonly data: () => Promise<TensorArray>;
}

/**
 * Writes a file atomically; equal tensors and metadata give equal bytes, whatever their order.
 * Throws CheckpointError if a tensor's data does not fit its type and shape, if a name comes twice, or if a value
 * is too large for F16.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<TensorToWrite | LazyTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const inOrder = [...tensors].sort(byTypeAndName);
  for (const [i, tensor] of inOrder.entries()) checkTensor(path, tensor, inOrder[i - 1]);
  const header = headerOf(inOrder, metadata);
  await writeFileAtomic(path, async (handle: FileHandle) => {
    await writeAll(handle, header);
    for (const tensor of inOrder) {
      const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data;
      checkData(path, tensor, data);
      await writeAll(handle, rawBytes(path, tensor, data));
    }
  });
}

type Described = Omit<TensorToWrite, 'data'>;

function byTypeAndName(a: Described, b: Described): number {
  return (
    dtypes.indexOf(b.dtype) - dtypes.indexOf(a.dtype) || Buffer.from(a.name).compare(Buffer.from(b.name))
  );
}

function headerOf(tensors: readonly Described[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const keys = Object.keys(metadata).sort();
  const fields: [string, unknown][] =
    keys.length > 0 ? [[metadataKey, Object.fromEntries(keys.map((key) => [key, metadata[key]]))]] : [];
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    const begin = end;
    end += elementCount(shape)! * elementBytes(dtype);
    fields.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  // An object would move names that look like numbers to the front.
  const json = fields.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',');
  const text = Buffer.from(`{${json}}`);
  const length = Math.ceil(text.length / 8) * 8;
  const header = Buffer.alloc(8 + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  text.copy(header, 8);
  return header;
}

function checkTensor(path: string, tensor: TensorToWrite | LazyTensor, before: Described | undefined): void {
  const { name, shape, data } = tensor;
  const wrong = wrongTensor(path, name);
  if (name === metadataKey) throw wrong('has a name that the format keeps for itself');
  if (name === before?.name) throw wrong('comes twice');
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw wrong(`has the shape [${shape.join(', ')}], not a list of sizes`);
  }
  if (typeof data !== 'function') checkData(path, tensor, data);
}

function checkData(path: string, { name, dtype, shape }: Described, data: TensorArray): void {
  const wrong = wrongTensor(path, name);
  if (!holds(data, dtype) && !rounds(dtype, data)) {
    throw wrong(`is to be ${dtype}, but its data is in a ${data.constructor.name}`);
  }
  if (elementCount(shape) !== data.length) {
    throw wrong(`has ${data.length} elements, but the shape [${shape.join(', ')}]`);
  }
}

function wrongTensor(path: string, name: string) {
  return (what: string) =>
    new CheckpointError(`Tensor ${name} for ${path} ${what}.`, 'Give each tensor a name and fitting data.');
}

function rounds(dtype: DType, data: TensorArray): data is Float32Array {
  return (dtype === 'F16' || dtype === 'BF16') && data instanceof Float32Array;
}

function rawBytes(path: string, { name, dtype }: Described, data: TensorArray): Uint8Array {
  if (!rounds(dtype, data)) return bytesOf(data);
  if (dtype === 'BF16') return bytesOf(float32ToBfloat16(data));
  const largest = data.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
  if (largest >= 65520) {
    throw new CheckpointError(
      `Tensor ${name} for ${path} holds ${largest}, which is too large for F16.`,
      'Store it as F32 or BF16.',
    );
  }
  return bytesOf(float32ToHalf(data));
}
