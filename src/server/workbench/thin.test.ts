import fc from 'fast-check';
import { expect, test } from 'vitest';
import { thin } from './thin.ts';

test('a thinned curve has at most so many points, of the curve and in its order, with the first and the last', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 2, max: 1000 }), (length, most) => {
      const points = Array.from({ length }, (_, i) => i);
      const thinned = thin(points, most);
      expect(thinned).toHaveLength(Math.min(length, most));
      expect(thinned[0]).toBe(0);
      expect(thinned.at(-1)).toBe(length - 1);
      const gaps = thinned.slice(1).map((point, i) => point - thinned[i]!);
      expect(Math.min(1, ...gaps)).toBe(1);
      // Evenly spread: no two gaps differ by more than rounding makes them.
      expect(Math.max(0, ...gaps) - Math.min(...gaps, Number.POSITIVE_INFINITY)).toBeLessThanOrEqual(1);
    }),
  );
});
