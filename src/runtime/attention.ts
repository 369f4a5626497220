/**
 * Whether the engine's own attention computes what it should on a device.
 *
 * The attention kernel of ONNX Runtime's WebGPU provider (seen in 1.30, from 32 queries on) exchanges values between the
 * threads of a subgroup, and assumes that subgroups are larger than those of some devices; there it gives wrong numbers without
 * an error. So a device is tried once, against products and a softmax on the same device.
 */
import { createGraph, input, type Value } from '../graph/graph.ts';
import { type AttentionOptions, attention, attentionByProducts } from '../graph/ops/attention.ts';
import { serialize } from '../graph/serialize.ts';
import type { Runtime } from './session.ts';
import { type FloatTensor, floatTensor } from './tensor.ts';

/** As in CLIP, with and without a mask, and in a U-Net. */
const trials = [
  { queries: 77, keys: 77, heads: 2, size: 64, masked: true },
  { queries: 77, keys: 77, heads: 2, size: 64, masked: false },
  { queries: 64, keys: 77, heads: 2, size: 40, masked: false },
] as const;

/** Two exact ways of summing 77 terms differ by less, wrong values by more. */
const tolerance = 1e-2;

const known = new WeakMap<Runtime, Promise<boolean>>();

/** Tried once a runtime. Errors of the engine pass through. */
export async function attentionIsSound(runtime: Runtime): Promise<boolean> {
  const answer = known.get(runtime) ?? compareAll(runtime);
  known.set(runtime, answer);
  return answer.catch((error) => {
    known.delete(runtime);
    throw error;
  });
}

async function compareAll(runtime: Runtime): Promise<boolean> {
  for (const trial of trials) if (!(await agree(runtime, trial))) return false;
  return true;
}

async function agree(
  runtime: Runtime,
  { queries, keys, heads, size, masked }: (typeof trials)[number],
): Promise<boolean> {
  const graph = createGraph();
  const tensors: Record<string, FloatTensor> = {
    q: waves(1, [2, queries, heads * size]),
    k: waves(2, [2, keys, heads * size]),
    v: waves(3, [2, keys, heads * size]),
    ...(masked ? { bias: waves(4, [1, 1, queries, keys]) } : {}),
  };
  const values = Object.entries(tensors).map(([name, { shape }]) => input(graph, name, 'float32', shape));
  const [q, k, v, bias] = values as [Value, Value, Value, Value | undefined];
  const options: AttentionOptions = bias ? { heads, bias } : { heads };
  const outputs = { own: attention(q, k, v, options), products: attentionByProducts(q, k, v, options) };
  const bytes = serialize(graph, { outputs, bind: () => ({ kind: 'input' }) });
  const session = await runtime.open({ bytes }, { name: 'attention test' });
  try {
    const results = await session.run(tensors);
    const [own, products] = [results['own']!.data, results['products']!.data].map(
      (data) => data as Float32Array,
    ) as [Float32Array, Float32Array];
    return own.every((value, i) => Math.abs(value - products[i]!) < tolerance);
  } finally {
    await session.dispose();
  }
}

/** Numbers between -2 and 2 without a period. */
function waves(seed: number, shape: readonly number[]): FloatTensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return floatTensor(
    Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(seed + i * (seed + Math.SQRT2))),
    shape,
  );
}
