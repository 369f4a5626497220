/**
 * What it takes to run a graph: a runtime (an engine on one device) opens models as sessions.
 *
 * The engine is not named here: node.ts implements this on onnxruntime-node, and a browser can on onnxruntime-web.
 * Knows no models.
 */
import type { Tensor } from './tensor.ts';

/** Where tensors are computed. */
export const devices = ['cpu', 'webgpu', 'cuda'] as const;
export type Device = (typeof devices)[number];

/** `auto` takes the fastest device that works. */
export type RequestedDevice = Device | 'auto';

export interface ModelBytes {
  /** ONNX protobuf. */
  readonly bytes: Uint8Array;
  /**
   * The folder that the locations of external weights are relative to. They must lie in it: the engine refuses absolute
   * locations and symbolic links that lead out of it.
   */
  readonly weightsFolder?: string;
}

export interface OpenOptions {
  /** What errors call the session, for example `text encoder`. */
  readonly name?: string;
  /**
   * Leave large weights where they lie in their files, and widen F16 as each layer runs: opening takes a tenth of the time and
   * less memory, every run a few percent longer. For the CPU; other devices have memory of their own.
   */
  readonly weightsInPlace?: boolean;
}

/** Tensors by name of an input or output. */
export type Tensors = Readonly<Record<string, Tensor>>;

export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Computes `fetches` (every output by default) from `feeds`. Feeds are read in place and must not change until then.
   * Throws RuntimeError, naming the session and the tensor, if a name, type or shape is not the model's.
   */
  run(feeds: Tensors, fetches?: readonly string[]): Promise<Record<string, Tensor>>;
  /** Frees the weights and buffers. The session cannot run any more; a second call does nothing. */
  dispose(): Promise<void>;
}

export interface Runtime {
  readonly device: Device;
  /** For people: what was chosen and why. */
  readonly description: string;
  /** Throws RuntimeError if the engine cannot load the model or its weights. */
  open(model: ModelBytes, options?: OpenOptions): Promise<Session>;
}
