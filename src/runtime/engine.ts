/**
 * onnxruntime-node itself: loading it, its options, its tensors and its error messages.
 *
 * The only module that knows the engine's types; what it exports to others is ours.
 */
import { realpath } from 'node:fs/promises';
import type * as Ort from 'onnxruntime-node';
import { RuntimeError } from '../errors.ts';
import { isTensorType } from './feeds.ts';
import { type DeviceTensor, isDeviceTensor } from './keeping.ts';
import type { Device } from './session.ts';
import type { Tensor, TensorData } from './tensor.ts';

export type Engine = typeof Ort;

const logLevels = ['verbose', 'info', 'warning', 'error', 'fatal'] as const;
type LogLevel = (typeof logLevels)[number];

/** From the environment variable KSD_LOG. Errors are thrown as well as logged, so by default nothing is logged. */
function logLevel(): LogLevel {
  return logLevels.find((level) => level === process.env['KSD_LOG']) ?? 'fatal';
}

/**
 * The engine, loaded when it is first needed so that commands without it start fast. Throws RuntimeError where
 * onnxruntime-node has no binary for this platform.
 */
export async function loadEngine(): Promise<Engine> {
  try {
    const engine = await import('onnxruntime-node');
    engine.env.logLevel = logLevel();
    return engine;
  } catch (cause) {
    throw new RuntimeError(
      `onnxruntime-node cannot be loaded on ${process.platform}/${process.arch} (${firstLine(cause)}).`,
      'Run `npm install` again; if it has no binary for this platform, use Linux (x64, arm64), Windows or macOS (arm64).',
      { cause },
    );
  }
}

/**
 * Optimisations that copy weights: into blocked layouts for convolutions, and from 16 to 32 bits. Without them Stable
 * Diffusion's U-Net opened in 1.3 s instead of 11, an F16 file took 2.3 GiB instead of 5.7, and a step took 3 to 7 % longer
 * (onnxruntime 1.30 on 2 cores).
 */
const copyingOptimizers = [
  'NchwcTransformer',
  'ConstantFolding',
  'FuseFp16InitializerToFp32NodeTransformer',
].join(';');

export interface SessionNeeds {
  readonly threads: number | undefined;
  readonly weightsFolder: string | undefined;
  /** See OpenOptions. */
  readonly weightsInPlace: boolean;
  /** Outputs that stay on the device. */
  readonly keep?: readonly string[];
}

/**
 * Can outputs stay in memory of the device? In onnxruntime-node (1.30) a kept output is a WebGPU buffer; of other devices'
 * memory its native part knows nothing.
 */
export const keepsTensors = (device: Device): boolean => device === 'webgpu';

/**
 * The engine's options for a session. Memory patterns are off because the shapes of batches vary; spinning is off
 * because it costs 10 to 20 % as soon as the cores have other work.
 */
export async function sessionOptions(
  device: Device,
  { threads, weightsFolder, weightsInPlace, keep = [] }: SessionNeeds,
): Promise<Ort.InferenceSession.SessionOptions> {
  const weights =
    weightsFolder === undefined
      ? {}
      : { 'session.model_external_initializers_file_folder_path': await realpath(weightsFolder) };
  const inPlace =
    weightsInPlace && device === 'cpu'
      ? { 'optimization.disable_specified_optimizers': copyingOptimizers }
      : {};
  return {
    executionProviders: [device],
    enableMemPattern: false,
    enableCpuMemArena: true,
    logSeverityLevel: logLevels.indexOf(logLevel()) as 0 | 1 | 2 | 3 | 4,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    ...(keep.length > 0 && keepsTensors(device)
      ? { preferredOutputLocation: Object.fromEntries(keep.map((name) => [name, 'gpu-buffer'] as const)) }
      : {}),
    // Keys are joined with dots, so a whole key at the top level is taken as it is; values must be strings.
    extra: {
      'session.intra_op.allow_spinning': '0',
      'session.inter_op.allow_spinning': '0',
      // Fused with the product that reads them, int8 weights would round its inputs too: graphs say themselves where.
      'session.disable_quant_qdq': '1',
      ...weights,
      ...inPlace,
    },
  };
}

const enginesOwn = new WeakMap<DeviceTensor, Ort.Tensor>();

/** An output that stays where it is; `download` brings it to the host if it is not there. */
export function keepTensor(
  tensor: Ort.Tensor,
  download: (kept: DeviceTensor) => Promise<Tensor>,
): DeviceTensor {
  const { type, dims: shape } = tensor;
  if (!isTensorType(type)) throw unknownType(type);
  const onHost = tensor.location === 'cpu';
  let disposed = false;
  const kept: DeviceTensor = {
    type,
    shape,
    read: async () => {
      if (disposed) throw disposedTensor();
      return onHost ? fromEngine(tensor) : download(kept);
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      enginesOwn.delete(kept);
      tensor.dispose();
    },
  };
  enginesOwn.set(kept, tensor);
  return kept;
}

function disposedTensor(): RuntimeError {
  return new RuntimeError('A tensor on the device is disposed of.', 'Read or feed it before that.');
}

/** The engine's tensor of either kind. Throws RuntimeError for one that is disposed of, or of another runtime. */
export function fedTensor(engine: Engine, tensor: Tensor | DeviceTensor): Ort.Tensor {
  if (!isDeviceTensor(tensor)) return toEngine(engine, tensor);
  const known = enginesOwn.get(tensor);
  if (known === undefined) throw disposedTensor();
  return known;
}

/**
 * The engine's tensor over the same memory. float16 are passed as their bits: the engine's JavaScript would wrap them in a
 * Float16Array where there is one (Node 24), but its native part (1.30) takes that for an empty array.
 */
export function toEngine(engine: Engine, { type, data, shape }: Tensor): Ort.Tensor {
  const dims = shape as number[];
  if (type !== 'float16') return new engine.Tensor(type, data as never, dims);
  return Object.assign(new engine.Tensor('uint16', data as Uint16Array, dims), { type });
}

/** Our tensor over the same memory. Throws RuntimeError for a type that Tensor does not have. */
export function fromEngine(tensor: Ort.Tensor): Tensor {
  const { type, dims, data } = tensor;
  if (!isTensorType(type)) throw unknownType(type);
  return { type, shape: dims, data: type === 'float16' ? bitsOf(data as Uint16Array) : (data as TensorData) };
}

function unknownType(type: string): RuntimeError {
  return new RuntimeError(
    `A tensor of type ${type} came out of the model.`,
    'Cast it to another type in the graph.',
  );
}

/** Where JavaScript has a Float16Array, the engine returns one. */
function bitsOf(data: ArrayBufferView & { readonly length: number }): Uint16Array {
  return data instanceof Uint16Array ? data : new Uint16Array(data.buffer, data.byteOffset, data.length);
}

/** The first line of what an error says, without the place in the engine's source where it was raised. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split('\n').find((text) => text.trim() !== '') ?? 'no message';
  return line.replace(/^\/onnxruntime_src\/.* was false\. /, '').trim();
}
