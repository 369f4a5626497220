/**
 * Whether a device computes in float16. Software emulations and older graphics processors do not, and say so only when they
 * are to run it.
 */
import { ConfigError } from '../errors.ts';
import { createGraph, input } from '../graph/graph.ts';
import { cast } from '../graph/ops/cast.ts';
import { matmul } from '../graph/ops/matmul.ts';
import { serialize } from '../graph/serialize.ts';
import type { Runtime } from './session.ts';
import { floatTensor } from './tensor.ts';

/** Throws ConfigError, naming `field` of the settings and the device, unless the device multiplies matrices in float16. */
export async function checkHalf(runtime: Runtime, field: string): Promise<void> {
  const trouble = await tryHalf(runtime).catch((error: Error) => error.message);
  if (trouble === undefined) return;
  throw new ConfigError(
    `${field} is f16, but the device ${runtime.device} does not compute in float16: ${trouble}`,
    `Set ${field}: f32, or choose another device.`,
  );
}

async function tryHalf(runtime: Runtime): Promise<string | undefined> {
  const graph = createGraph();
  const [a, b] = ['a', 'b'].map((name) => cast(input(graph, name, 'float32', [1, 1]), 'float16'));
  const outputs = { y: cast(matmul(a!, b!), 'float32') };
  const bytes = serialize(graph, { outputs, bind: () => ({ kind: 'input' }) });
  const session = await runtime.open({ bytes }, { name: 'float16 test' });
  try {
    const one = (value: number) => floatTensor(Float32Array.of(value), [1, 1]);
    const found = (await session.run({ a: one(3), b: one(0.5) }))['y']!.data[0] as number;
    return found === 1.5 ? undefined : `3 times 0.5 is ${found}.`;
  } finally {
    await session.dispose();
  }
}
