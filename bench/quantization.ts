/**
 * What integers save and cost in one layer: the linear layers of Stable Diffusion's U-Net and the convolutions of U-Net and
 * VAE, each in the ways that the engine has, on random weights. All ways of a layer take turns.
 *
 *   npm run bench:quantization -- [rounds]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { DType as StoredType, TensorArray } from '../src/checkpoint/dtype.ts';
import { openSafetensors } from '../src/checkpoint/safetensors.ts';
import { writeSafetensors } from '../src/checkpoint/safetensorsWriter.ts';
import type { DType } from '../src/graph/dtype.ts';
import { createGraph, type Graph, input, parameter, type Value } from '../src/graph/graph.ts';
import { defineOperator, emit, emitOne } from '../src/graph/operator.ts';
import { add, mul } from '../src/graph/ops/arithmetic.ts';
import { cast } from '../src/graph/ops/cast.ts';
import { conv2d } from '../src/graph/ops/convolution.ts';
import { reshape } from '../src/graph/ops/layout.ts';
import { linear } from '../src/graph/ops/matmul.ts';
import { dequantizeLinear, dynamicQuantizeMatMul } from '../src/graph/ops/quantized.ts';
import { serialize } from '../src/graph/serialize.ts';
import { torchGenerator } from '../src/random/torch.ts';
import { sessionOptions } from '../src/runtime/engine.ts';
import { median } from './median.ts';

interface Stored {
  readonly shape: readonly number[];
  readonly dtype: StoredType;
  readonly data: TensorArray;
}

interface Way {
  readonly name: string;
  readonly tensors: Readonly<Record<string, Stored>>;
  readonly build: (graph: Graph, x: Value, weight: (name: string) => Value) => Value;
}

const graphType: Partial<Record<StoredType, DType>> = { F32: 'float32', I8: 'int8', U8: 'uint8' };

/** Symmetric int8 by rows of [rows, columns]: the largest magnitude of a row is 127. */
function quantizeRows(data: Float32Array, rows: number, group = data.length / rows) {
  const scales = new Float32Array(data.length / group);
  const values = new Int8Array(data.length);
  for (let r = 0; r < scales.length; r++) {
    let most = 0;
    for (let i = r * group; i < (r + 1) * group; i++) most = Math.max(most, Math.abs(data[i]!));
    scales[r] = most / 127 || 1;
    for (let i = r * group; i < (r + 1) * group; i++) values[i] = Math.round(data[i]! / scales[r]!);
  }
  return { scales, values };
}

function transposed(values: Int8Array, rows: number): Int8Array {
  const columns = values.length / rows;
  const result = new Int8Array(values.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) result[c * rows + r] = values[r * columns + c]!;
  return result;
}

/** Rivals, which the models do not use. */
const matMulNBits = defineOperator<{
  K: number;
  N: number;
  bits: number;
  block_size: number;
  accuracy_level: number;
}>({
  type: 'MatMulNBits',
  domain: 'com.microsoft',
  attributes: { K: 'int', N: 'int', bits: 'int', block_size: 'int', accuracy_level: 'int' },
  infer: ([a], { N }) => [{ dtype: 'float32', shape: [...a!.shape.slice(0, -1), N] }],
});
const dynamicQuantizeLinear = defineOperator({
  type: 'DynamicQuantizeLinear',
  infer: ([a]) => [
    { dtype: 'uint8', shape: a!.shape },
    { dtype: 'float32', shape: [] },
    { dtype: 'uint8', shape: [] },
  ],
});
const convInteger = defineOperator<{
  pads: readonly number[];
  strides: readonly number[];
  out: readonly number[];
}>({
  type: 'ConvInteger',
  attributes: { pads: 'ints', strides: 'ints' },
  infer: (_, { out }) => [{ dtype: 'int32', shape: out }],
});

function linearWays(inputs: number, outputs: number, w: Float32Array, b: Float32Array): Way[] {
  const bias: Stored = { shape: [outputs], dtype: 'F32', data: b };
  const plain: Stored = { shape: [outputs, inputs], dtype: 'F32', data: w };
  const { scales, values } = quantizeRows(w, outputs);
  const scale: Stored = { shape: [outputs], dtype: 'F32', data: scales };
  const nbits = (bits: 4 | 8, block: number, accuracy: number): Way => {
    const blocks = quantizeRows(w, outputs, block);
    const packed = new Uint8Array((values.length * bits) / 8);
    if (bits === 8)
      blocks.values.forEach((v, i) => {
        packed[i] = v + 128;
      });
    else
      for (let i = 0; i < packed.length; i++) {
        const q = (v: number) => Math.max(0, Math.min(15, Math.round((v / 127) * 7.5) + 8));
        packed[i] = q(blocks.values[2 * i]!) | (q(blocks.values[2 * i + 1]!) << 4);
      }
    const s = bits === 8 ? blocks.scales : blocks.scales.map((x) => (x * 127) / 7.5);
    return {
      name: `MatMulNBits ${bits} bits, blocks of ${block}, accuracy ${accuracy}`,
      tensors: {
        w: { shape: [outputs, inputs / block, (block * bits) / 8], dtype: 'U8', data: packed },
        s: { shape: [(outputs * inputs) / block], dtype: 'F32', data: s },
        b: bias,
      },
      build: (_, x, t) =>
        emitOne(matMulNBits, [x, t('w'), t('s'), undefined, undefined, t('b')], {
          K: inputs,
          N: outputs,
          bits,
          block_size: block,
          accuracy_level: accuracy,
        }),
    };
  };
  return [
    { name: 'Gemm', tensors: { w: plain, b: bias }, build: (_, x, t) => linear(x, t('w'), t('b')) },
    {
      name: 'DynamicQuantizeMatMul',
      tensors: {
        w: { shape: [inputs, outputs], dtype: 'I8', data: transposed(values, outputs) },
        s: scale,
        b: bias,
      },
      build: (_, x, t) => dynamicQuantizeMatMul(x, t('w'), t('s'), t('b')),
    },
    {
      name: 'DequantizeLinear + Gemm',
      tensors: { w: { shape: [outputs, inputs], dtype: 'I8', data: values }, s: scale, b: bias },
      build: (_, x, t) => linear(x, dequantizeLinear(t('w'), t('s')), t('b')),
    },
    nbits(8, 32, 4),
    nbits(8, 32, 0),
    nbits(4, 32, 4),
  ];
}

function convWays(
  inputs: number,
  outputs: number,
  side: number,
  w: Float32Array,
  b: Float32Array,
  batch: number,
): Way[] {
  const bias: Stored = { shape: [outputs], dtype: 'F32', data: b };
  const shape = [outputs, inputs, 3, 3];
  const { scales, values } = quantizeRows(w, outputs);
  const scale: Stored = { shape: [outputs], dtype: 'F32', data: scales };
  const apply = (x: Value, win: Value, t: (n: string) => Value) => {
    const [q, s, z] = emit(dynamicQuantizeLinear, [x]) as [Value, Value, Value];
    const y = emitOne(convInteger, [q, win, z], {
      pads: [1, 1, 1, 1],
      strides: [1, 1],
      out: [batch, outputs, side, side],
    });
    const factor = mul(reshape(t('s'), [1, outputs, 1, 1]), s);
    return add(mul(cast(y, 'float32'), factor), reshape(t('b'), [1, outputs, 1, 1]));
  };
  return [
    {
      name: 'Conv',
      tensors: { w: { shape, dtype: 'F32', data: w }, b: bias },
      build: (_, x, t) => conv2d(x, t('w'), t('b'), { padding: 1 }),
    },
    {
      name: 'ConvInteger s8',
      tensors: { w: { shape, dtype: 'I8', data: values }, s: scale, b: bias },
      build: (_, x, t) => apply(x, t('w'), t),
    },
    {
      name: 'DequantizeLinear + Conv',
      tensors: { w: { shape, dtype: 'I8', data: values }, s: scale, b: bias },
      build: (_, x, t) => conv2d(x, dequantizeLinear(t('w'), t('s')), t('b'), { padding: 1 }),
    },
  ];
}

async function compare(
  title: string,
  xShape: readonly number[],
  ways: readonly Way[],
  rounds: number,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-quantization-'));
  try {
    const x = new Tensor('float32', torchGenerator(3).randn([...xShape]), [...xShape]);
    const sessions: { name: string; size: number; session: InferenceSession; times: number[] }[] = [];
    for (const [i, { name, tensors, build }] of ways.entries()) {
      const path = join(folder, `${i}.safetensors`);
      await writeSafetensors(
        path,
        Object.entries(tensors).map(([key, t]) => ({ name: key, ...t })),
      );
      const { tensors: entries } = await openSafetensors(path);
      const graph = createGraph();
      const weight = (key: string) =>
        parameter(graph, key, tensors[key]!.shape, graphType[tensors[key]!.dtype]!);
      const y = build(graph, input(graph, 'x', 'float32', xShape), weight);
      const bytes = serialize(graph, {
        outputs: { y },
        bind: (key) => {
          const e = entries.get(key)!;
          return {
            kind: 'external',
            location: `${i}.safetensors`,
            offset: e.offset,
            length: e.byteLength,
            dtype: graphType[e.dtype]!,
          };
        },
      });
      const options = await sessionOptions('cpu', {
        threads: undefined,
        weightsFolder: folder,
        weightsInPlace: true,
      });
      try {
        const size = [...entries.values()].reduce((sum, e) => sum + e.byteLength, 0);
        sessions.push({ name, size, session: await InferenceSession.create(bytes, options), times: [] });
      } catch (e) {
        console.log(`  ${name}: ${String(e).slice(0, 200)}`);
      }
    }
    const results: Float32Array[] = [];
    for (let r = 0; r <= rounds; r++)
      for (const [i, s] of sessions.entries()) {
        const began = performance.now();
        const { y } = await s.session.run({ x });
        if (r > 0) s.times.push(performance.now() - began);
        else results[i] = y!.data as Float32Array;
      }
    console.log(title);
    const exact = results[0]!;
    const size = Math.sqrt(exact.reduce((sum, v) => sum + v * v, 0));
    for (const [i, { name, size: bytes, times }] of sessions.entries()) {
      const error = Math.sqrt(exact.reduce((sum, v, k) => sum + (v - results[i]![k]!) ** 2, 0)) / size;
      console.log(
        `  ${name.padEnd(46)} ${median(times).toFixed(1).padStart(8)} ms  ${(median(times) / median(sessions[0]!.times)).toFixed(2)}  ${(bytes / 2 ** 20).toFixed(2).padStart(6)} MiB  ${(100 * error).toFixed(2)} %`,
      );
      await sessions[i]!.session.release();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

const rounds = Number(process.argv[2] ?? 5);
const random = (seed: number, size: number) =>
  torchGenerator(seed)
    .randn([size])
    .map((v) => 0.02 * v);
for (const [rows, inputs, outputs] of [
  [8192, 320, 320],
  [8192, 320, 2560],
  [2048, 640, 640],
  [512, 1280, 10240],
  [154, 768, 3072],
] as const) {
  await compare(
    `linear ${rows} x ${inputs} -> ${outputs}`,
    [rows, inputs],
    linearWays(inputs, outputs, random(1, inputs * outputs), random(2, outputs)),
    rounds,
  );
}
for (const [channels, side, batch] of [
  [320, 64, 2],
  [640, 32, 2],
  [1280, 16, 2],
  [1280, 8, 2],
  [512, 64, 1],
  [256, 256, 1],
] as const) {
  await compare(
    `convolution ${channels} -> ${channels}, 3 x 3, at ${batch} x ${side} x ${side}`,
    [batch, channels, side, side],
    convWays(channels, channels, side, random(1, channels * channels * 9), random(2, channels), batch),
    rounds,
  );
}
