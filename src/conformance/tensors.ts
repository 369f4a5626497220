/**
 * Reading golden data: the cases.json of a folder, and tensors as plain numbers.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { readTensor } from '../checkpoint/tensorEntry.ts';
import { CheckpointError } from '../errors.ts';

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface GoldenTensors {
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Throws CheckpointError if there is no tensor of that name. */
  get(name: string): GoldenTensor;
  /** The same as float32. */
  floats(name: string): Float32Array;
}

/** The parsed cases.json of `folder`. Its type is the part's own business. */
export async function readCases<Cases>(folder: string): Promise<Cases> {
  return JSON.parse(await readFile(join(folder, 'cases.json'), 'utf8')) as Cases;
}

/** All tensors of a .safetensors file; 64-bit integers become numbers. */
export async function readTensors(path: string): Promise<GoldenTensors> {
  const { tensors } = await openSafetensors(path);
  const read = new Map<string, GoldenTensor>();
  for (const entry of tensors.values()) {
    const data = await readTensor(entry);
    const wide = data instanceof BigInt64Array || data instanceof BigUint64Array;
    read.set(entry.name, { shape: entry.shape, data: wide ? Float64Array.from(data, Number) : data });
  }
  const get = (name: string): GoldenTensor => {
    const found = read.get(name);
    if (found) return found;
    throw new CheckpointError(`${path} holds no tensor ${name}.`, 'Make the golden data again.');
  };
  return {
    names: [...read.keys()],
    has: (name) => read.has(name),
    get,
    floats: (name) => Float32Array.from(get(name).data),
  };
}
