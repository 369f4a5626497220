import fc from 'fast-check';
import { expect, test } from 'vitest';
import { choosePairs } from './statePairs.ts';

const sentence = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const pairs = fc.array(fc.record({ en: sentence, ko: sentence }), { maxLength: 30 });

test('no sentence stands twice, nothing is both measured and learnt from, and a seed gives the same', () => {
  fc.assert(
    fc.property(pairs, fc.nat(10), fc.nat(99), fc.boolean(), (all, count, seed, half) => {
      const { measured, others } = choosePairs(all, { count, seed, half });
      const both = [...measured, ...others];
      for (const side of ['en', 'ko'] as const) {
        expect(new Set(both.map((pair) => pair[side])).size).toBe(both.length);
      }
      expect(measured.length).toBeLessThanOrEqual(count);
      if (half) expect(measured.length).toBeLessThanOrEqual(others.length + 1);
      expect(choosePairs(all, { count, seed, half })).toEqual({ measured, others });
    }),
  );
});
