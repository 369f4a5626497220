/**
 * Sessions whose outputs can stay where they were computed, to be fed again: what a training keeps on a device from one step
 * to the next. Knows no engine; node.ts implements it.
 */
import { createGraph, type Graph, input, type Value } from '../graph/graph.ts';
import { serialize } from '../graph/serialize.ts';
import type { ModelBytes, OpenOptions, Runtime } from './session.ts';
import type { Tensor, TensorType } from './tensor.ts';

/** A tensor that lies where it was computed, and can be fed from there to any session of its runtime. */
export interface DeviceTensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** Its values; without a copy where they lie on the host. Throws RuntimeError after `dispose`. */
  read(): Promise<Tensor>;
  /** Frees it. It cannot be fed or read any more; a second call does nothing. */
  dispose(): void;
}

/** What a session is fed, by name of the input. */
export type Feeds = Readonly<Record<string, Tensor | DeviceTensor>>;

export interface Results {
  /** Outputs that came to the host. */
  readonly read: Record<string, Tensor>;
  /** Outputs that stayed; who asked for them disposes of them. */
  readonly kept: Record<string, DeviceTensor>;
}

export interface KeepingSession {
  readonly inputs: readonly string[];
  /** Computes all outputs. Throws RuntimeError as `Session.run` does. */
  run(feeds: Feeds): Promise<Results>;
  /** Frees its buffers, not the tensors that it kept; a second call does nothing. */
  dispose(): Promise<void>;
}

export interface KeepingRuntime extends Runtime {
  /** Do kept tensors stay in memory of the device? Else they are read back, and lie on the host. */
  readonly keepsTensors: boolean;
  /** Opens a model whose outputs `keep` stay. Throws RuntimeError as `open` does. */
  openKeeping(model: ModelBytes, keep: readonly string[], options?: OpenOptions): Promise<KeepingSession>;
}

/** Those of `feeds` that the session takes: a part of a graph needs a part of what the whole is fed. */
export function inputsOf({ inputs }: Pick<KeepingSession, 'inputs'>, feeds: Feeds): Feeds {
  return Object.fromEntries(inputs.flatMap((name) => (feeds[name] ? [[name, feeds[name]]] : [])));
}

/** Is it one that stayed on the device? */
export function isDeviceTensor(tensor: Tensor | DeviceTensor): tensor is DeviceTensor {
  return 'read' in tensor;
}

/**
 * The session that brings a float32 tensor of this rank to the host: the engine's own download of a buffer (onnxruntime-node
 * 1.30) ends the process.
 */
export function downloadModel(rank: number): ModelBytes {
  const graph: Graph = createGraph();
  const x: Value = input(
    graph,
    'x',
    'float32',
    Array.from({ length: rank }, (_, axis) => `size${axis}`),
  );
  return { bytes: serialize(graph, { outputs: { y: x }, bind: () => ({ kind: 'input' }) }) };
}
