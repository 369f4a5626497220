import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { integerTensors } from '../checkpoint/integerWeights.ts';
import { openSafetensors } from '../checkpoint/safetensors.ts';
import { writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { readFloat32, type Weights } from '../checkpoint/tensorEntry.ts';
import { createGraph, input, parameter } from '../graph/graph.ts';
import { integerLayouts } from '../graph/integerWeights.ts';
import { attention } from '../graph/ops/attention.ts';
import { conv2d } from '../graph/ops/convolution.ts';
import { embedding } from '../graph/ops/gather.ts';
import { reshape } from '../graph/ops/layout.ts';
import { linear } from '../graph/ops/matmul.ts';
import { torchGenerator } from '../random/torch.ts';
import { attentionIsSound } from './attention.ts';
import { compile } from './compile.ts';
import { openRuntime } from './node.ts';
import type { Runtime } from './session.ts';
import { type FloatTensor, floatTensor, intTensor } from './tensor.ts';

const engine = await openRuntime('cpu', { threads: 1 });
const folder = await mkdtemp(join(tmpdir(), 'ksd-compile-'));

/** The same engine, with large models' treatment of weights for all. */
const inPlace: Runtime = {
  ...engine,
  open: (model, options) => engine.open(model, { ...options, weightsInPlace: true }),
};

const shapes = { words: [20, 192], dense: [24, 192], bias: [24], window: [16, 16, 3, 3], shift: [16] };

/** An embedding, a linear layer and a convolution. */
function model() {
  const graph = createGraph();
  const weight = (name: keyof typeof shapes) => parameter(graph, name, shapes[name]);
  const words = embedding(weight('words'), input(graph, 'ids', 'int64', ['n', 16]));
  const rows = linear(words, weight('dense'), weight('bias'));
  const y = conv2d(reshape(rows, [-1, 16, 6, 4]), weight('window'), weight('shift'), { padding: 1 });
  return { graph, outputs: { y } };
}

async function weightsAs(dtype: 'F32' | 'F16' | 'BF16'): Promise<Weights> {
  const path = join(folder, `${dtype}.safetensors`);
  const tensors = Object.entries(shapes).map(([name, shape], seed) => {
    return { name, dtype, shape, data: torchGenerator(seed).randn(shape) };
  });
  await writeSafetensors(path, tensors);
  return openSafetensors(path);
}

async function resultWith(runtime: Runtime, weights: Weights): Promise<Float32Array> {
  const { graph, outputs } = model();
  const session = await compile(runtime, graph, outputs, weights);
  const ids = intTensor(
    Array.from({ length: 32 }, (_, i) => (7 * i) % 20),
    [2, 16],
  );
  const { y } = await session.run({ ids });
  await session.dispose();
  return y!.data as Float32Array;
}

function relative(exact: Float32Array, other: Float32Array): number {
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value ** 2, 0);
  return Math.sqrt(sum(exact.map((value, i) => value - other[i]!)) / sum(exact));
}

test.each([
  ['F16', 2 ** -10],
  ['BF16', 2 ** -7],
] as const)(
  '%s weights give the results of F32 but for their rounding, left in their file or not',
  async (dtype, bound) => {
    const exact = await resultWith(engine, await weightsAs('F32'));
    const weights = await weightsAs(dtype);
    const results = [await resultWith(engine, weights), await resultWith(inPlace, weights)] as const;
    expect(relative(results[0], results[1])).toBeLessThan(1e-6);
    expect(relative(exact, results[0])).toBeGreaterThan(0);
    expect(relative(exact, results[0])).toBeLessThan(bound);
  },
);

test('what is in the file decides: int8 weights need no option, left in their file or not', async () => {
  const before = await weightsAs('F32');
  const path = join(folder, 'I8.safetensors');
  await writeSafetensors(path, integerTensors(before, integerLayouts(model().graph)));
  const weights = await openSafetensors(path);
  expect([...weights.tensors.values()].filter(({ dtype }) => dtype === 'I8')).toHaveLength(3);
  const exact = await resultWith(engine, before);
  for (const runtime of [engine, inPlace]) {
    expect(relative(exact, await resultWith(runtime, weights))).toBeLessThan(0.02);
  }
});

test('int8 weights that are only stored are computed with as the floats that they stand for', async () => {
  const before = await weightsAs('F32');
  const [integers, floats] = [join(folder, 'stored.safetensors'), join(folder, 'floats.safetensors')];
  const layouts = integerLayouts(model().graph);
  await writeSafetensors(integers, integerTensors(before, layouts));
  const rounded = [...before.tensors.values()].map(async (entry) => {
    const data = await readFloat32(entry);
    if (!layouts.has(entry.name)) return { ...entry, data };
    const size = data.length / entry.shape[0]!;
    const scaleOf = (row: number) =>
      Math.fround(
        data.subarray(row * size, (row + 1) * size).reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127,
      );
    return {
      ...entry,
      data: data.map((x, i) => {
        const scale = scaleOf(Math.floor(i / size));
        return Math.round(x / scale) * scale;
      }),
    };
  });
  await writeSafetensors(floats, await Promise.all(rounded));
  const exact = await resultWith(engine, await openSafetensors(floats));
  for (const runtime of [engine, inPlace]) {
    expect(relative(exact, await resultWith(runtime, await openSafetensors(integers)))).toBeLessThan(1e-5);
  }
});

/** A device on which every output called `own`, the engine's attention in the trial, is off. */
function unsound(): Runtime & { readonly opened: Uint8Array[] } {
  const opened: Uint8Array[] = [];
  return {
    ...engine,
    device: 'webgpu',
    opened,
    async open(bytes, options) {
      opened.push(bytes.bytes);
      const session = await engine.open(bytes, options);
      return {
        ...session,
        async run(feeds, fetches) {
          const results = await session.run(feeds, fetches);
          const own = results['own'] as FloatTensor | undefined;
          return own ? { ...results, own: { ...own, data: own.data.map((value) => value + 0.1) } } : results;
        },
      };
    },
  };
}

const holds = (bytes: Uint8Array, text: string) => Buffer.from(bytes).includes(text);

test('attention is computed by products where a device computes it wrongly, and only there', async () => {
  expect(await attentionIsSound(engine)).toBe(true);
  const wrong = unsound();
  expect(await attentionIsSound(wrong)).toBe(false);
  const results = [];
  for (const runtime of [engine, wrong]) {
    const graph = createGraph();
    const x = input(graph, 'x', 'float32', ['batch', 40, 16]);
    const session = await compile(runtime, graph, { y: attention(x, x, x, { heads: 2 }) });
    const fed = floatTensor(torchGenerator(1).randn([3, 40, 16]), [3, 40, 16]);
    results.push((await session.run({ x: fed }))['y']!.data as Float32Array);
    await session.dispose();
  }
  expect(holds(wrong.opened.at(-1)!, 'MultiHeadAttention')).toBe(false);
  expect(relative(results[0]!, results[1]!)).toBeLessThan(1e-5);
});

test('a device is tried once, and again where the trial itself failed', async () => {
  let failures = 1;
  const wrong = unsound();
  const flaky: Runtime = {
    ...wrong,
    open: (...model) => (failures-- > 0 ? Promise.reject(new Error('lost')) : wrong.open(...model)),
  };
  await expect(attentionIsSound(flaky)).rejects.toThrow('lost');
  expect(await attentionIsSound(flaky)).toBe(false);
  const count = wrong.opened.length;
  expect(await attentionIsSound(flaky)).toBe(false);
  expect(wrong.opened).toHaveLength(count);
});
