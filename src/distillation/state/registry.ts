/**
 * The places where the state of a training can lie.
 */
import type { KeepingRuntime } from '../../runtime/keeping.ts';
import { deviceState } from './device.ts';
import { hostState } from './host.ts';
import type { OpenState } from './state.ts';

/** `host`: one WebAssembly memory and a SIMD kernel; `device`: tensors that stay there and an optimizer in the graph. */
export const states = { host: hostState, device: deviceState } as const satisfies Record<string, OpenState>;

export type StatePlace = keyof typeof states;

/** Where the runtime can keep tensors, there; else on the host, whose kernel is faster than an optimizer in the graph. */
export function placeFor({ keepsTensors }: KeepingRuntime): StatePlace {
  return keepsTensors ? 'device' : 'host';
}
