import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RuntimeError } from '../errors.ts';
import {
  type GraphProtoSchema,
  ModelProtoSchema,
  TensorProto_DataLocation,
  type ValueInfoProtoSchema,
} from '../graph/onnx/onnx_pb.ts';
import { availability } from './device.ts';
import { openRuntime } from './node.ts';
import type { Runtime } from './session.ts';
import { floatTensor, intTensor, type TensorType } from './tensor.ts';
import { tinyModel } from './tiny.ts';

/** The numbers of ONNX's TensorProto.DataType. */
const elementTypes: Partial<Record<TensorType | 'float64', number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

function value(
  name: string,
  type: TensorType | 'float64',
  shape: readonly (number | string)[],
): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  );
  const elemType = elementTypes[type] as number;
  return { name, type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } } };
}

function model(graph: MessageInitShape<typeof GraphProtoSchema>): Uint8Array {
  const opsetImport = [{ domain: '', version: 21n }];
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 10n, opsetImport, graph }));
}

const identity = (type: TensorType) =>
  model({
    name: 'identity',
    node: [{ opType: 'Identity', input: ['x'], output: ['y'], name: 'copy' }],
    input: [value('x', type, ['n'])],
    output: [value('y', type, ['n'])],
  });

/** y = a + b of shapes [n, 3] and [3], z = -a. */
const twoOutputs = model({
  name: 'two',
  node: [
    { opType: 'Add', input: ['a', 'b'], output: ['y'], name: 'add' },
    { opType: 'Neg', input: ['a'], output: ['z'], name: 'negate' },
  ],
  input: [value('a', 'float32', ['n', 3]), value('b', 'float32', [3])],
  output: [value('y', 'float32', ['n', 3]), value('z', 'float32', ['n', 3])],
});

/** y = x + w, where w is 12 bytes at `offset` of the file `location`. */
const externalWeight = (location: string, offset: number) =>
  model({
    name: 'external',
    node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'], name: 'add' }],
    initializer: [
      {
        name: 'w',
        dims: [3n],
        dataType: 1,
        dataLocation: TensorProto_DataLocation.EXTERNAL,
        externalData: [
          { key: 'location', value: location },
          { key: 'offset', value: String(offset) },
          { key: 'length', value: '12' },
        ],
      },
    ],
    input: [value('x', 'float32', [3])],
    output: [value('y', 'float32', [3])],
  });

let runtime: Runtime;
let folder: string;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'ksd-runtime-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the tiny model is y = x + x', () => {
  const expected = model({
    name: 'tiny',
    node: [{ opType: 'Add', input: ['x', 'x'], output: ['y'], name: 'add' }],
    input: [value('x', 'float32', ['n'])],
    output: [value('y', 'float32', ['n'])],
  });
  expect(tinyModel.bytes).toEqual(expected);
});

describe('a session', () => {
  test('names its inputs and outputs and computes all or some of the latter', async () => {
    const session = await runtime.open({ bytes: twoOutputs });
    expect([session.inputs, session.outputs]).toEqual([
      ['a', 'b'],
      ['y', 'z'],
    ]);
    const feeds = {
      a: floatTensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
      b: floatTensor(Float32Array.of(10, 20, 30), [3]),
    };
    const { y, z } = await session.run(feeds);
    expect(y).toEqual({ type: 'float32', shape: [2, 3], data: Float32Array.of(11, 22, 33, 14, 25, 36) });
    expect(z?.data).toEqual(Float32Array.of(-1, -2, -3, -4, -5, -6));
    expect(Object.keys(await session.run(feeds, ['z']))).toEqual(['z']);
    await session.dispose();
  });

  test.each([
    ['float32', Float32Array.of(1.5, -2)],
    ['float16', Uint16Array.of(0x3c00, 0xc000)],
    ['int64', BigInt64Array.of(2n ** 60n, -1n)],
    ['int32', Int32Array.of(7, -8)],
    ['bool', Uint8Array.of(0, 1)],
    ['uint8', Uint8Array.of(0, 255)],
    ['int8', Int8Array.of(127, -128)],
  ] as const)('passes %s in and out', async (type, data) => {
    const session = await runtime.open({ bytes: identity(type) });
    expect(await session.run({ x: { type, shape: [2], data } })).toEqual({ y: { type, shape: [2], data } });
    await session.dispose();
  });

  test('passes a tensor without elements', async () => {
    const session = await runtime.open({ bytes: identity('int64') });
    expect((await session.run({ x: intTensor([], [0]) }))['y']).toEqual(intTensor([], [0]));
    await session.dispose();
  });

  test('reads views of a WebAssembly.Memory in place', async () => {
    const session = await runtime.open(tinyModel);
    const data = new Float32Array(new WebAssembly.Memory({ initial: 1 }).buffer, 4096, 3).fill(1);
    const result = session.run({ x: floatTensor(data, [3]) });
    data.fill(4); // a copy made by run() would still hold 1
    expect((await result)['y']?.data).toEqual(Float32Array.of(8, 8, 8));
    data.fill(0);
    expect((await result)['y']?.data).toEqual(Float32Array.of(8, 8, 8));
    await session.dispose();
  });

  test('can be disposed of twice but does not run afterwards', async () => {
    const session = await runtime.open(tinyModel, { name: 'teacher' });
    await session.dispose();
    await session.dispose();
    const feeds = { x: floatTensor(new Float32Array(1), [1]) };
    await expect(session.run(feeds)).rejects.toThrow("The session 'teacher' is disposed of.");
  });
});

describe('external weights', () => {
  /** A safetensors file of two tensors, and where the second begins in it. */
  function writeWeights(name: string): number {
    const header = JSON.stringify({
      other: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      w: { dtype: 'F32', shape: [3], data_offsets: [8, 20] },
    }).padEnd(160);
    const bytes = Buffer.alloc(8 + header.length + 20);
    bytes.writeBigUInt64LE(BigInt(header.length));
    bytes.write(header, 8);
    for (const [i, number] of [1, 2, 10, 20, 30].entries())
      bytes.writeFloatLE(number, 8 + header.length + 4 * i);
    writeFileSync(join(folder, name), bytes);
    return 8 + header.length + 8;
  }

  test('are read at their offset in a safetensors file', async () => {
    const offset = writeWeights('model.safetensors');
    const bytes = externalWeight('model.safetensors', offset);
    const session = await runtime.open({ bytes, weightsFolder: folder });
    const { y } = await session.run({ x: floatTensor(Float32Array.of(1, 2, 3), [3]) });
    expect(y?.data).toEqual(Float32Array.of(11, 22, 33));
    await session.dispose();
  });

  test('are found through a symbolic link to their folder', async () => {
    const offset = writeWeights('model.safetensors');
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    try {
      const bytes = externalWeight('model.safetensors', offset);
      await (await runtime.open({ bytes, weightsFolder: link })).dispose();
    } finally {
      rmSync(link);
    }
  });

  test('that are missing are reported with session and folder', async () => {
    const open = (weightsFolder: string) =>
      runtime.open({ bytes: externalWeight('lost.safetensors', 0), weightsFolder }, { name: 'student' });
    await expect(open(folder)).rejects.toThrow(RuntimeError);
    await expect(open(folder)).rejects.toThrow(
      /'student' cannot be opened on cpu.*lost\.safetensors.*files in/,
    );
    await expect(open(join(folder, 'nowhere'))).rejects.toThrow(/'student'.*nowhere/);
  });
});

describe('a wrong request is reported with the names of session and tensor', () => {
  const a = floatTensor(new Float32Array(3), [1, 3]);
  const b = floatTensor(new Float32Array(3), [3]);
  const shared = new Float32Array(new SharedArrayBuffer(12));

  test.each([
    ['a missing feed', { a }, "The session 'unet' was not given its input 'b'."],
    ['a feed too many', { a, b, c: b }, "The session 'unet' has no input 'c'. Its inputs are 'a', 'b'."],
    [
      'a wrong type',
      { a, b: intTensor([1, 2, 3], [3]) },
      "'b' of the session 'unet' is float32, but was given int64.",
    ],
    ['a wrong rank', { a: b, b }, "'a' of the session 'unet' has shape [n, 3], but was given [3]."],
    ['a wrong size', { a, b: floatTensor(new Float32Array(4), [4]) }, 'has shape [3], but was given [4].'],
    ['too few values', { a, b: floatTensor(new Float32Array(2), [3]) }, 'given the shape [3] with 2 values'],
    ['another array', { a, b: { ...b, data: new Int32Array(3) } }, 'float32 values in a Int32Array'],
    ['shared memory', { a, b: floatTensor(shared, [3]) }, 'shared memory'],
  ])('%s', async (_, feeds, message) => {
    const session = await runtime.open({ bytes: twoOutputs }, { name: 'unet' });
    const result = session.run(feeds);
    await expect(result).rejects.toThrow(RuntimeError);
    await expect(result).rejects.toThrow(message);
    await session.dispose();
  });

  test('an output that the model does not have', async () => {
    const session = await runtime.open({ bytes: twoOutputs }, { name: 'unet' });
    await expect(session.run({ a, b }, ['q'])).rejects.toThrow("The session 'unet' has no output 'q'.");
    await session.dispose();
  });

  test('a type of output that a Tensor cannot hold', async () => {
    const bytes = model({
      name: 'double',
      node: [
        {
          opType: 'Cast',
          input: ['x'],
          output: ['y'],
          name: 'cast',
          attribute: [{ name: 'to', type: 2, i: 11n }],
        },
      ],
      input: [value('x', 'float32', [1])],
      output: [value('y', 'float64', [1])],
    });
    const session = await runtime.open({ bytes });
    await expect(session.run({ x: floatTensor(new Float32Array(1), [1]) })).rejects.toThrow('float64');
    await session.dispose();
  });

  test('a failure inside the engine', async () => {
    const bytes = model({
      name: 'reshape',
      node: [{ opType: 'Reshape', input: ['x', 'shape'], output: ['y'], name: 'reshape_it' }],
      input: [value('x', 'float32', ['n']), value('shape', 'int64', [1])],
      output: [value('y', 'float32', ['m'])],
    });
    const session = await runtime.open({ bytes }, { name: 'decoder' });
    const result = session.run({ x: floatTensor(new Float32Array(4), [4]), shape: intTensor([3], [1]) });
    await expect(result).rejects.toThrow(RuntimeError);
    await expect(result).rejects.toThrow(/^The session 'decoder' failed: .*reshape_it/);
    await session.dispose();
  });

  test('bytes that are no model', async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    await expect(runtime.open({ bytes }, { name: 'vae' })).rejects.toThrow(/'vae' cannot be opened on cpu: /);
  });
});

describe('devices', () => {
  test('a device asked for by name is the one that opens', () => {
    expect(runtime).toMatchObject({ device: 'cpu', description: 'cpu, as requested' });
  });

  test('auto always finds a device that runs, and says why it is this one', async () => {
    const auto = await openRuntime('auto');
    expect(auto.description).toMatch(new RegExp(`^${auto.device} \\(auto\\): .+`));
    const session = await auto.open(tinyModel);
    const { y } = await session.run({ x: floatTensor(Float32Array.of(1, 2), [2]) });
    expect(y?.data).toEqual(Float32Array.of(2, 4));
    await session.dispose();
  });

  test('CUDA without its provider is refused with what to do', async ({ skip }) => {
    if ((await availability('cuda')).available) skip('CUDA works on this machine');
    await expect(openRuntime('cuda')).rejects.toThrow(
      /The device cuda does not work: .+ Install the CUDA provider as/,
    );
  });
});
