import fc from 'fast-check';
import { expect, test } from 'vitest';
import { floatTensor } from '../runtime/tensor.ts';
import { runTiled, tileStarts } from './tiles.ts';

const ramp = (height: number, width: number) =>
  floatTensor(
    Float32Array.from({ length: 2 * height * width }, (_, i) => Math.sin(i)),
    [1, 2, height, width],
  );

test('tiles cover a side, overlap as asked, and lie on whole units', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 2, max: 16 }),
      fc.constantFrom(1, 2, 4, 8),
      (length, tile, unit) => {
        const tiling = { tile: tile * unit, overlap: Math.floor(tile / 4) * unit, unit };
        const starts = tileStarts(length * unit, tiling);
        expect(starts[0]).toBe(0);
        expect(starts.every((start) => start % unit === 0)).toBe(true);
        expect(starts.at(-1)! + tiling.tile).toBeGreaterThanOrEqual(length * unit);
        for (let i = 1; i < starts.length; i++) {
          expect(starts[i - 1]! + tiling.tile - starts[i]!).toBeGreaterThanOrEqual(tiling.overlap);
        }
      },
    ),
  );
});

test.each([
  [9, 9],
  [8, 20],
  [21, 5],
])(
  'what looks at no neighbour is the same in tiles (%i x %i), also where the size changes',
  async (height, width) => {
    const input = ramp(height, width);
    const tiling = { tile: 8, overlap: 2 };
    const same = await runTiled(input, 1, tiling, async (tile) => tile);
    expect(same.shape).toEqual(input.shape);
    same.data.forEach((value, i) => {
      expect(value).toBeCloseTo(input.data[i]!, 5);
    });
    const constant = await runTiled(input, 4, tiling, async ({ shape: [, , h = 0, w = 0] }) =>
      floatTensor(new Float32Array(3 * 16 * h * w).fill(0.5), [1, 3, 4 * h, 4 * w]),
    );
    expect(constant.shape).toEqual([1, 3, 4 * height, 4 * width]);
    expect(constant.data.every((value) => Math.abs(value - 0.5) < 1e-6)).toBe(true);
  },
);

test('tiles fade into one another: no edge where two differ', async () => {
  let count = 0;
  const { data } = await runTiled(ramp(8, 14), 1, { tile: 8, overlap: 2 }, async ({ shape }) => {
    const value = count++;
    return floatTensor(new Float32Array(64).fill(value), [1, 1, ...shape.slice(2)]);
  });
  expect(Array.from(data.subarray(0, 14)).map((value) => Math.round(value * 3) / 3)).toEqual(
    [0, 0, 0, 0, 0, 0, 1 / 3, 2 / 3, 1, 1, 1, 1, 1, 1].map((value) => Math.round(value * 3) / 3),
  );
});
