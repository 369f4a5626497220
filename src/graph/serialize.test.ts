import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { GraphError } from '../errors.ts';
import { constant, createGraph, type Graph, input, parameter, scalar, type Value } from './graph.ts';
import { ModelProtoSchema } from './onnx/onnx_pb.ts';
import { add, mul } from './ops/arithmetic.ts';
import { exp } from './ops/elementwise.ts';
import { matmul } from './ops/matmul.ts';
import { layerNorm } from './ops/normalization.ts';
import { type Binding, serialize } from './serialize.ts';
import { evaluate, floats } from './testing.ts';

const fed = (): Binding => ({ kind: 'input' });

function protoOf(graph: Graph, outputs: Readonly<Record<string, Value>>, bind: () => Binding = fed) {
  return fromBinary(ModelProtoSchema, serialize(graph, { outputs, bind })).graph!;
}

test('what the outputs do not need is left out: nodes, inputs, parameters, constants', () => {
  const graph = createGraph();
  const [x, unused] = [input(graph, 'x', 'float32', [2]), input(graph, 'unused', 'float32', [2])];
  const kept = mul(x, parameter(graph, 'kept', [2]));
  add(exp(unused), mul(parameter(graph, 'dropped', [2]), 17));
  const proto = protoOf(graph, { y: kept });
  expect(proto.node.map(({ opType }) => opType)).toEqual(['Mul', 'Identity']);
  expect(proto.input.map(({ name }) => name)).toEqual(['x', 'kept']);
  expect(proto.initializer).toEqual([]);
});

test('equal constants are kept once, different ones apart', () => {
  const graph = createGraph();
  expect(scalar(graph, 2)).toBe(scalar(graph, 2));
  expect(scalar(graph, 2)).not.toBe(constant(graph, Float32Array.of(2), [1]));
  expect(scalar(graph, 2)).not.toBe(constant(graph, Int32Array.of(2), []));
  expect(scalar(graph, 0)).not.toBe(scalar(graph, -0));
  const x = input(graph, 'x', 'float32', []);
  const { initializer } = protoOf(graph, { y: add(mul(x, 3), mul(exp(x), 3)) });
  expect(initializer.length).toBe(1);
});

test('a constant of the wrong size is refused', () => {
  expect(() => constant(createGraph(), Float32Array.of(1, 2, 3), [2])).toThrow(GraphError);
});

test('a parameter asked for twice is one input, and with another shape an error', () => {
  const graph = createGraph();
  const tied = parameter(graph, 'w', [2, 2]);
  expect(parameter(graph, 'w', [2, 2])).toBe(tied);
  expect(protoOf(graph, { y: matmul(tied, tied) }).input.map(({ name }) => name)).toEqual(['w']);
  expect(() => parameter(graph, 'w', [4])).toThrow(/w .*\[2,\s?2\].*\[4\]/);
  expect(() => input(graph, 'w', 'float32', [2])).toThrow(GraphError);
});

test('the same graph gives the same bytes', () => {
  const build = () => {
    const graph = createGraph();
    const x = input(graph, 'x', 'float32', ['batch', 3]);
    const [w, b] = [parameter(graph, 'w', [3]), parameter(graph, 'b', [3])];
    return serialize(graph, { outputs: { y: layerNorm(x, w, b, 1e-5) }, bind: fed });
  };
  expect(build()).toEqual(build());
});

test('an input, a parameter and a constant can be outputs under new names', async () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', [2]);
  const outputs = { same: x, again: x, weight: parameter(graph, 'w', [1]), one: scalar(graph, 1) };
  const results = await evaluate(outputs, { x: floats([1, 2]), w: floats([3]) });
  expect(results['same']!.data).toEqual(Float32Array.of(1, 2));
  expect(results['again']!.data).toEqual(Float32Array.of(1, 2));
  expect(results['weight']!.data).toEqual(Float32Array.of(3));
  expect(results['one']!.data).toEqual(Float32Array.of(1));
});

test('an output that has the name of an input, a parameter or another value is refused', () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', [2]);
  const y = mul(x, parameter(graph, 'w', [2]));
  for (const name of ['x', 'w', y.name]) {
    expect(() => serialize(graph, { outputs: { [name]: y }, bind: fed }), name).toThrow(GraphError);
  }
});

test('an input may be called as a node or a constant would be', async () => {
  const graph = createGraph();
  const x = input(graph, 'Add_0', 'float32', [2]);
  const w = parameter(graph, 'constant_0', [2]);
  const { y } = await evaluate(
    { y: add(mul(add(x, 1), 2), w) },
    { Add_0: floats([1, 2]), constant_0: floats([0, 1]) },
  );
  expect(y!.data).toEqual(Float32Array.of(4, 7));
});

test('an output of another graph is refused', () => {
  const other = input(createGraph(), 'x', 'float32', [2]);
  expect(() => serialize(createGraph(), { outputs: { y: other }, bind: fed })).toThrow(GraphError);
});

test('optional outputs that nothing reads are still named, so that the engine can drop them', async () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', [1, 2]);
  const [w, b] = [parameter(graph, 'w', [2]), parameter(graph, 'b', [2])];
  const { y } = await evaluate(
    { y: layerNorm(x, w, b, 0) },
    { x: floats([1, 3], [1, 2]), w: floats([1, 2]), b: floats([0, 1]) },
  );
  expect(y!.data).toEqual(Float32Array.of(-1, 3));
});

/** A safetensors file with an F32, an F16 and a BF16 tensor, [1.5, -2] each. */
async function weightsFile() {
  const header = new TextEncoder().encode('{"a":0}'.padEnd(24));
  const bytes = Buffer.alloc(8 + header.length + 16);
  bytes.writeBigUInt64LE(BigInt(header.length), 0);
  bytes.set(header, 8);
  const start = 8 + header.length;
  bytes.writeFloatLE(1.5, start);
  bytes.writeFloatLE(-2, start + 4);
  [0x3e00, 0xc000].map((half, i) => bytes.writeUInt16LE(half, start + 8 + 2 * i));
  [0x3fc0, 0xc000].map((brain, i) => bytes.writeUInt16LE(brain, start + 12 + 2 * i));
  const folder = await mkdtemp(join(tmpdir(), 'ksd-graph-'));
  await writeFile(join(folder, 'model.safetensors'), bytes);
  return { folder, start };
}

test('weights are read from their place in a file, and 16-bit ones widened', async () => {
  const { folder, start } = await weightsFile();
  const place: Record<string, Binding> = {
    full: { kind: 'external', location: 'model.safetensors', offset: start, length: 8, dtype: 'float32' },
    half: { kind: 'external', location: 'model.safetensors', offset: start + 8, length: 4, dtype: 'float16' },
    brain: {
      kind: 'external',
      location: 'model.safetensors',
      offset: start + 12,
      length: 4,
      dtype: 'bfloat16',
    },
    inside: { kind: 'data', data: Float32Array.of(1, 2) },
  };
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', [2]);
  const outputs = Object.fromEntries(
    Object.keys(place).map((name) => [`${name} times x`, mul(x, parameter(graph, name, [2]))]),
  );
  const results = await evaluate(outputs, { x: floats([2, 1]) }, { folder, bind: (name) => place[name]! });
  for (const name of ['full', 'half', 'brain']) {
    expect(results[`${name} times x`]!.data, name).toEqual(Float32Array.of(3, -2));
  }
  expect(results['inside times x']!.data).toEqual(Float32Array.of(2, 2));
});

test('a binding of the wrong length is refused with the name of the parameter', () => {
  const graph = createGraph();
  const w = parameter(graph, 'layer.weight', [3]);
  const short: Binding = { kind: 'external', location: 'f', offset: 0, length: 8, dtype: 'float32' };
  expect(() => serialize(graph, { outputs: { y: w }, bind: () => short })).toThrow(/layer\.weight .*12 .*8/);
  const few: Binding = { kind: 'data', data: Float32Array.of(1, 2) };
  expect(() => serialize(graph, { outputs: { y: w }, bind: () => few })).toThrow(/layer\.weight .*12 .*8/);
});
