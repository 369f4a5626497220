/**
 * What this machine is, for `ksd info` and for the record of a run.
 */
import { availableParallelism, cpus, freemem, release, totalmem } from 'node:os';
import { type Availability, availability } from './device.ts';
import { loadEngine } from './engine.ts';

export interface MachineInfo {
  /** Operating system, its version, and the processor's architecture. */
  readonly platform: string;
  readonly cpu: string;
  /** Threads that can run at once. */
  readonly threads: number;
  /** Bytes of memory: all, and free at the moment. */
  readonly memory: number;
  readonly freeMemory: number;
  readonly node: string;
  readonly onnxruntime: string;
}

/** Throws RuntimeError where the engine cannot be loaded. */
export async function machineInfo(): Promise<MachineInfo> {
  const { env } = await loadEngine();
  return {
    platform: `${process.platform} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memory: totalmem(),
    freeMemory: freemem(),
    node: process.versions.node,
    onnxruntime: env.versions.node ?? env.versions.common,
  };
}

/** Every device and whether it works, each tried in a process of its own. */
export function deviceInfo(): Promise<Availability[]> {
  return Promise.all((['cpu', 'webgpu', 'cuda'] as const).map((device) => availability(device)));
}
