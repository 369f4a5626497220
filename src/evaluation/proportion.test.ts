import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { proportion } from './proportion.ts';

// Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
it.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('has the published interval for %i of %i', (right, n, low, high) => {
  const interval = proportion(right, n);
  expect(interval.low).toBeCloseTo(low, 4);
  expect(interval.high).toBeCloseTo(high, 4);
});

it('has an interval within [0, 1] that holds the share, and mirrors for what is wrong', () => {
  const counts = fc.integer({ min: 1, max: 500 }).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)));
  fc.assert(
    fc.property(counts, ([right, n]) => {
      const { share, low, high } = proportion(right, n);
      const wrong = proportion(n - right, n);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
      expect(low).toBeLessThanOrEqual(share);
      expect(high).toBeGreaterThanOrEqual(share);
      expect(low).toBeCloseTo(1 - wrong.high, 12);
    }),
  );
});

it.each([
  [0, 0],
  [3, 2],
  [-1, 2],
])('refuses %i of %i', (right, n) => {
  expect(() => proportion(right, n)).toThrow(InputError);
});
