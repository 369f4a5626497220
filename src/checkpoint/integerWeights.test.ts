import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CheckpointError } from '../errors.ts';
import { integerLayoutOf, integerTensors } from './integerWeights.ts';
import { openSafetensors } from './safetensors.ts';
import { type TensorToWrite, writeSafetensors } from './safetensorsWriter.ts';
import { readTensor } from './tensorEntry.ts';

const path = join(await mkdtemp(join(tmpdir(), 'ksd-int8-')), 'model.safetensors');

async function weightsOf(...tensors: TensorToWrite[]) {
  await writeSafetensors(path, tensors);
  return openSafetensors(path);
}

const layouts = fc.constantFrom('plain' as const, 'transposed' as const);
const matrices = fc
  .tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 9 }))
  .chain(([rows, columns]) =>
    fc.tuple(
      fc.constant([rows, columns] as const),
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }), {
        minLength: rows * columns,
        maxLength: rows * columns,
      }),
    ),
  );

test('elements times scale are the weight, off by at most half a scale', async () => {
  await fc.assert(
    fc.asyncProperty(
      matrices,
      layouts,
      fc.constantFrom('F32', 'F16', 'BF16'),
      async (matrix, layout, dtype) => {
        const [[rows, columns], values] = matrix;
        const before = await weightsOf({
          name: 'w',
          dtype,
          shape: [rows, columns],
          data: Float32Array.from(values),
        });
        const [elements, scale] = await Promise.all(
          integerTensors(before, new Map([['w', layout]])).map(async (lazy) => ({
            ...lazy,
            data: await lazy.data(),
          })),
        );
        expect(integerLayoutOf(await weightsOf(elements!, scale!), 'w')).toBe(layout);
        values.forEach((value, i) => {
          const [row, column] = [Math.floor(i / columns), i % columns];
          const step = scale!.data[row] as number;
          const place = layout === 'plain' ? i : column * rows + row;
          // F16 and BF16 have rounded the value before.
          const slack = Math.abs(value) * 2 ** -8 + 1e-7;
          expect(Math.abs((elements!.data[place] as number) * step - value)).toBeLessThanOrEqual(
            step * 0.501 + slack,
          );
        });
      },
    ),
    { numRuns: 40 },
  );
});

test('other tensors are written as they are', async () => {
  const weights = await weightsOf({ name: 'b', dtype: 'F16', shape: [2], data: Uint16Array.of(1, 2) });
  const [same] = integerTensors(weights, new Map());
  expect(same).toMatchObject({ name: 'b', dtype: 'F16', shape: [2] });
  expect(await same!.data()).toEqual(await readTensor(weights.tensors.get('b')!));
});

test('int8 weights are not quantized again, and what is not finite is refused by name', async () => {
  const small = await weightsOf({ name: 'w', dtype: 'I8', shape: [1, 1], data: Int8Array.of(1) });
  expect(() => integerTensors(small, new Map())).toThrow(/int8 weights already/);
  const data = Float32Array.of(1, Number.POSITIVE_INFINITY);
  const broken = await weightsOf({ name: 'w', dtype: 'F32', shape: [2, 1], data });
  const [elements] = integerTensors(broken, new Map([['w', 'plain']]));
  await expect(elements!.data()).rejects.toThrow(/Tensor w .* not finite/);
});

test('an int8 tensor without a scale that fits it is refused by name', async () => {
  const w = { name: 'w', dtype: 'I8', shape: [2, 3], data: new Int8Array(6) } as const;
  expect(integerLayoutOf(await weightsOf(w), 'other')).toBeUndefined();
  const scales = [
    [],
    [{ dtype: 'F32', shape: [3, 1] }],
    [{ dtype: 'F32', shape: [2] }],
    [{ dtype: 'F16', shape: [2, 1] }],
  ] as const;
  for (const given of scales) {
    const tensors = given.map(({ dtype, shape }) => {
      const size = shape.reduce((a: number, b: number) => a * b, 1);
      return { name: 'w_scale', dtype, shape, data: new Float32Array(size) };
    });
    const weights = await weightsOf(w, ...tensors);
    expect(() => integerLayoutOf(weights, 'w')).toThrow(CheckpointError);
    expect(() => integerLayoutOf(weights, 'w')).toThrow(/w_scale is not an F32 tensor that fits it/);
  }
});
