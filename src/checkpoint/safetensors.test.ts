import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { bytesOf, dtypes, elementBytes, elementCount, newArray } from './dtype.ts';
import { openSafetensors } from './safetensors.ts';
import { type TensorToWrite, writeSafetensors } from './safetensorsWriter.ts';
import { readFloat32, readTensor, tensorNamed } from './tensorEntry.ts';

const scratch = await mkdtemp(join(tmpdir(), 'ksd-safetensors-'));
afterAll(() => rm(scratch, { recursive: true }));
const path = join(scratch, 'file.safetensors');
const golden = 'fixtures/golden';

/** A file with this header, in front of `dataBytes` bytes of data. */
async function writeRaw(header: string | Buffer, dataBytes = 0): Promise<string> {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await writeFile(path, Buffer.concat([length, text, Buffer.alloc(dataBytes)]));
  return path;
}

const tensor = (dtype: unknown, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });

/** Any tensors with distinct names, raw bytes of any pattern. */
const anyTensors = fc.uniqueArray(
  fc
    .record({
      name: fc.string({ unit: 'binary' }).filter((name) => name !== '__metadata__'),
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
      seed: fc.nat({ max: 255 }),
    })
    .map(({ name, dtype, shape, seed }): TensorToWrite => {
      const data = newArray(dtype, elementCount(shape) as number);
      bytesOf(data).forEach((_, i, bytes) => {
        bytes[i] = (seed + 37 * i) & 255;
      });
      return { name, dtype, shape, data };
    }),
  { selector: ({ name }) => name, maxLength: 6 },
);

describe('writing and reading', () => {
  it('gives back every tensor of every type and shape, and the metadata', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, fc.dictionary(fc.string(), fc.string()), async (tensors, metadata) => {
        await writeSafetensors(path, tensors, metadata);
        const weights = await openSafetensors(path);
        expect({ ...weights.metadata }).toEqual({ ...metadata });
        expect(weights.tensors.size).toBe(tensors.length);
        for (const { name, dtype, shape, data } of tensors) {
          const entry = tensorNamed(weights, name);
          expect([entry.dtype, entry.shape]).toEqual([dtype, shape]);
          expect(entry.offset % elementBytes(dtype)).toBe(0);
          expect(Buffer.from(bytesOf(await readTensor(entry)))).toEqual(Buffer.from(bytesOf(data)));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('asks for the elements of lazy tensors one after the other, and checks them', async () => {
    const asked: string[] = [];
    const lazy = (name: string, data: Float32Array) => ({
      name,
      dtype: 'F32' as const,
      shape: [2],
      data: async () => {
        asked.push(name);
        return data;
      },
    });
    await writeSafetensors(path, [lazy('b', Float32Array.of(3, 4)), lazy('a', Float32Array.of(1, 2))]);
    expect(asked).toEqual(['a', 'b']);
    const { tensors } = await openSafetensors(path);
    expect([...(await readTensor(tensors.get('b')!))]).toEqual([3, 4]);
    const wrong = writeSafetensors(path, [lazy('a', Float32Array.of(1))]);
    await expect(wrong).rejects.toThrow(/Tensor a .* has 1 elements, but the shape \[2\]/);
    expect((await openSafetensors(path)).tensors.size).toBe(2);
  });

  it('gives the same bytes whatever the order of the tensors', async () => {
    await fc.assert(
      fc.asyncProperty(anyTensors, async (tensors) => {
        await writeSafetensors(path, tensors);
        const bytes = await readFile(path);
        await writeSafetensors(path, [...tensors].reverse());
        expect(await readFile(path)).toEqual(bytes);
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    'text_encoders/clip_quick_gelu_position_ids/model.safetensors',
    'text_encoders/clip_gelu_fp16/model.safetensors',
    'pipeline/sd_tiny/vae/diffusion_pytorch_model.safetensors',
  ])('lays out %s as the reference library did', async (name) => {
    const { tensors, metadata } = await openSafetensors(join(golden, name));
    const copies: TensorToWrite[] = [];
    for (const entry of tensors.values()) copies.push({ ...entry, data: await readTensor(entry) });
    await writeSafetensors(path, copies, metadata);
    const [ours, theirs] = await Promise.all([readFile(path), readFile(join(golden, name))]);
    expect(ours.equals(theirs)).toBe(true);
  });

  it('refuses every truncation of a file', async () => {
    await writeSafetensors(path, [
      { name: 'a', dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
      { name: 'b', dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) },
      { name: 'empty', dtype: 'I64', shape: [0, 5], data: new BigInt64Array(0) },
    ]);
    for (let size = (await readFile(path)).length - 1; size >= 0; size--) {
      await truncate(path, size);
      await expect(openSafetensors(path)).rejects.toThrow(CheckpointError);
    }
  });
});

describe('readFloat32', () => {
  it('widens what was stored as F16 or BF16', async () => {
    const data = Float32Array.of(1.5, -0.25, 1 / 3);
    await writeSafetensors(path, [
      { name: 'full', dtype: 'F32', shape: [3], data },
      { name: 'half', dtype: 'F16', shape: [3], data },
      { name: 'brain', dtype: 'BF16', shape: [3], data },
    ]);
    const weights = await openSafetensors(path);
    const read = (name: string) => readFloat32(tensorNamed(weights, name));
    expect(await read('full')).toEqual(data);
    expect(await read('half')).toEqual(Float32Array.of(1.5, -0.25, 0.333251953125));
    expect(await read('brain')).toEqual(Float32Array.of(1.5, -0.25, 0.333984375));
    expect(tensorNamed(weights, 'half').byteLength).toBe(6);
  });

  it('refuses types that float32 does not hold exactly', async () => {
    await writeSafetensors(path, [{ name: 'wide', dtype: 'F64', shape: [], data: Float64Array.of(0.1) }]);
    const entry = tensorNamed(await openSafetensors(path), 'wide');
    await expect(readFloat32(entry)).rejects.toThrow('is F64');
  });

  it('notices a file that became shorter after it was opened', async () => {
    await writeSafetensors(path, [{ name: 'a', dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]);
    const entry = tensorNamed(await openSafetensors(path), 'a');
    await truncate(path, entry.offset + 4);
    await expect(readFloat32(entry)).rejects.toThrow('It is truncated');
  });
});

describe('openSafetensors', () => {
  const overflow = Number.MAX_SAFE_INTEGER;
  it.each<[string, string, number, string]>([
    ['invalid JSON', '{"a": }', 0, 'is not valid JSON'],
    ['a header that is no object', '[]', 0, 'not a JSON object'],
    ['a description that is no object', '{"a": 1}', 0, 'tensor a is not described'],
    ['an unknown type', JSON.stringify({ a: tensor('F8', [1], [0, 1]) }), 1, 'unknown type "F8"'],
    [
      'an inherited name as a type',
      JSON.stringify({ a: tensor('toString', [1], [0, 1]) }),
      1,
      'unknown type',
    ],
    ['a negative size', JSON.stringify({ a: tensor('U8', [-1], [0, 1]) }), 1, 'has the shape [-1]'],
    ['a fractional size', JSON.stringify({ a: tensor('U8', [0.5], [0, 1]) }), 1, 'has the shape [0.5]'],
    ['a shape that is no list', JSON.stringify({ a: tensor('U8', 1, [0, 1]) }), 1, 'has the shape 1'],
    ['one offset', JSON.stringify({ a: tensor('U8', [1], [0]) }), 1, 'data_offsets [0]'],
    ['begin after end', JSON.stringify({ a: tensor('U8', [1], [1, 0]) }), 1, 'begins at 1, after its end'],
    ['data beyond the end', JSON.stringify({ a: tensor('U8', [2], [0, 2]) }), 1, 'truncated'],
    ['a size that does not fit', JSON.stringify({ a: tensor('F32', [2], [0, 4]) }), 4, 'takes 8'],
    [
      'a product that overflows',
      JSON.stringify({ a: tensor('U8', [overflow, 8], [0, 4]) }),
      4,
      'takes Infinity',
    ],
    [
      'an overlap',
      JSON.stringify({ a: tensor('U8', [2], [0, 2]), b: tensor('U8', [2], [1, 3]) }),
      3,
      'tensor b overlaps',
    ],
    ['a hole', JSON.stringify({ a: tensor('U8', [1], [1, 2]) }), 2, '1 bytes before tensor a'],
    ['bytes at the end', JSON.stringify({ a: tensor('U8', [1], [0, 1]) }), 3, '2 bytes at its end'],
    [
      'a name that comes twice',
      `{"a": ${JSON.stringify(tensor('U8', [0], [0, 0]))}, "a": ${JSON.stringify(tensor('U8', [0], [0, 0]))}}`,
      0,
      'names "a" twice',
    ],
    [
      'a type that is nested deeper than the stack',
      `{"a": {"dtype": ${'['.repeat(1e5)}${']'.repeat(1e5)}}}`,
      0,
      'unknown type a value that is nested too deeply',
    ],
    [
      'a long shape, in short',
      JSON.stringify({ a: tensor('U8', Array(1e5).fill(1), [0, 0]) }),
      0,
      ', …] of U8 takes 1',
    ],
    ['a name that would clear the screen', JSON.stringify({ '\u001b[2J': 1 }), 0, 'tensor \uFFFD[2J is not'],
    ['metadata that is no text', '{"__metadata__": {"a": 1}}', 0, '__metadata__'],
  ])('refuses %s and names the file', async (_, header, dataBytes, message) => {
    await writeRaw(header, dataBytes);
    await expect(openSafetensors(path)).rejects.toThrow(CheckpointError);
    await expect(openSafetensors(path)).rejects.toThrow(path);
    await expect(openSafetensors(path)).rejects.toThrow(message);
  });

  it('refuses a header that is not UTF-8', async () => {
    await expect(openSafetensors(await writeRaw(Buffer.from([0x7b, 0xff, 0x7d])))).rejects.toThrow('UTF-8');
  });

  it('refuses an absurd length of the header without reading it', async () => {
    await writeFile(path, Buffer.alloc(64, 0xff));
    await expect(openSafetensors(path)).rejects.toThrow('its header claims');
  });

  it('refuses a missing file and a folder', async () => {
    await expect(openSafetensors(join(scratch, 'none'))).rejects.toThrow('does not exist');
    await expect(openSafetensors(scratch)).rejects.toThrow('is not a file');
  });

  it('takes a file without tensors', async () => {
    expect((await openSafetensors(await writeRaw('{}'))).tensors.size).toBe(0);
  });

  it('says which tensor is missing', async () => {
    const weights = await openSafetensors(await writeRaw('{}'));
    expect(() => tensorNamed(weights, 'wte')).toThrow(`${path} holds no tensor wte`);
  });
});

describe('writeSafetensors', () => {
  const data = Float32Array.of(1, 70000);
  it.each<[string, TensorToWrite[], string]>([
    ['too few elements', [{ name: 'a', dtype: 'F32', shape: [3], data }], 'has 2 elements'],
    ['data of another type', [{ name: 'a', dtype: 'I32', shape: [2], data }], 'in a Float32Array'],
    ['a shape with a fraction', [{ name: 'a', dtype: 'F32', shape: [4, 0.5], data }], 'not a list of sizes'],
    [
      'one name twice',
      [
        { name: 'a', dtype: 'F32', shape: [2], data },
        { name: 'a', dtype: 'F16', shape: [2], data },
      ],
      'comes twice',
    ],
    [
      'the name of the metadata',
      [{ name: '__metadata__', dtype: 'F32', shape: [2], data }],
      'keeps for itself',
    ],
    ['values too large for F16', [{ name: 'a', dtype: 'F16', shape: [2], data }], 'holds 70000'],
  ])('refuses %s and leaves no file', async (_, tensors, message) => {
    const target = join(scratch, 'refused.safetensors');
    await expect(writeSafetensors(target, tensors)).rejects.toThrow(message);
    await expect(readFile(target)).rejects.toThrow('ENOENT');
  });
});
