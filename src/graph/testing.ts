/**
 * For tests only: runs a graph on ONNX Runtime's CPU provider, so that its rules can be checked by their numbers.
 *
 * Nothing but tests may import this; programs open sessions through the runtime floor.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Value } from './graph.ts';
import { type Binding, serialize } from './serialize.ts';

export interface TestTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array | Int8Array | Uint8Array;
}

export type TestSession = (
  feeds: Readonly<Record<string, TestTensor>>,
) => Promise<Readonly<Record<string, TestTensor>>>;

export interface TestOptions {
  readonly bind?: (name: string) => Binding;
  /** The folder that external weights lie in. */
  readonly folder?: string;
  readonly threads?: number;
}

/** A session that computes `outputs`; parameters are fed unless `bind` says otherwise. */
export async function openSession(
  outputs: Readonly<Record<string, Value>>,
  { bind = () => ({ kind: 'input' }), folder, threads = 1 }: TestOptions = {},
): Promise<TestSession> {
  const [first] = Object.values(outputs);
  const session = await InferenceSession.create(serialize(first!.graph, { outputs, bind }), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
    ...(folder ? { extra: { session: { model_external_initializers_file_folder_path: folder } } } : {}),
  });
  return async (feeds) => {
    const entries = session.inputNames.map((name) => [name, toTensor(feeds[name]!)] as const);
    const results = await session.run(Object.fromEntries(entries));
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [
        name,
        { shape: tensor.dims, data: tensor.data as TestTensor['data'] },
      ]),
    );
  };
}

/** The values of `outputs` for these inputs and parameters. */
export async function evaluate(
  outputs: Readonly<Record<string, Value>>,
  feeds: Readonly<Record<string, TestTensor>> = {},
  options?: TestOptions,
): Promise<Readonly<Record<string, TestTensor>>> {
  return (await openSession(outputs, options))(feeds);
}

/** float32, row-major. */
export function floats(values: ArrayLike<number>, shape: readonly number[] = [values.length]): TestTensor {
  return { shape, data: Float32Array.from(values) };
}

/** int64, row-major. */
export function integers(values: readonly number[], shape: readonly number[] = [values.length]): TestTensor {
  return { shape, data: BigInt64Array.from(values, BigInt) };
}

/** int8, row-major. */
export function bytes(values: ArrayLike<number>, shape: readonly number[] = [values.length]): TestTensor {
  return { shape, data: Int8Array.from(values) };
}

/** float32 numbers in [low, high), always the same for one seed. */
export function randomFloats(seed: number, shape: readonly number[], low = -1, high = 1): TestTensor {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * state) / 2 ** 32;
  };
  return floats(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next), shape);
}

function toTensor({ data, shape }: TestTensor): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, shape);
  if (data instanceof Int8Array) return new Tensor('int8', data, shape);
  return data instanceof BigInt64Array ? new Tensor('int64', data, shape) : new Tensor('bool', data, shape);
}
