import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../random/stream.ts';
import { bootstrapMean, bootstrapRatio } from './bootstrap.ts';

test('nineteen of twenty intervals hold the true mean', () => {
  const hits = Array.from({ length: 200 }, (_, i) => {
    const values = randomStream(i, 'sample').normals(40, 3, 2);
    const { low, high } = bootstrapMean(values, { seed: i, resamples: 400 });
    return low <= 3 && 3 <= high;
  }).filter(Boolean).length;
  // 95 % of 200, give or take three standard deviations and the bootstrap's bias at n = 40.
  expect(hits).toBeGreaterThan(176);
  expect(hits).toBeLessThan(200);
});

test('the mean lies in its interval, which shrinks to nothing where nothing varies', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 30 }),
      fc.nat(99),
      (values, seed) => {
        const { mean, low, high, n } = bootstrapMean(values, { seed });
        expect(n).toBe(values.length);
        expect(low).toBeLessThanOrEqual(mean + 1e-9);
        expect(high).toBeGreaterThanOrEqual(mean - 1e-9);
        if (new Set(values).size === 1) expect([low, high]).toEqual([values[0], values[0]]);
      },
    ),
  );
});

test('a ratio weighs texts by what they are divided by', () => {
  expect(bootstrapRatio([1, 9], [1, 3]).mean).toBe(2.5);
  expect(bootstrapRatio([2, 6], [1, 3])).toMatchObject({ mean: 2, low: 2, high: 2 });
});

test('the same seed gives the same interval', () => {
  const values = randomStream(1, 'values').normals(25);
  expect(bootstrapMean(values, { seed: 4 })).toEqual(bootstrapMean(values, { seed: 4 }));
  expect(bootstrapMean(values, { seed: 4 })).not.toEqual(bootstrapMean(values, { seed: 5 }));
});

test('nothing has no mean', () => {
  expect(() => bootstrapMean([])).toThrow(/give no mean/);
  expect(() => bootstrapRatio([1], [1, 2])).toThrow(/give no mean/);
});
