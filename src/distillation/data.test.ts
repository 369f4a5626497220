import fc from 'fast-check';
import { expect, test } from 'vitest';
import { epochBatches } from './data.ts';

test('an epoch sees every pair once, in an order of its own that repeats on every machine', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 2, max: 77 }), { minLength: 1, maxLength: 300 }),
      fc.nat(9),
      (lengths, seed) => {
        const batches = epochBatches(lengths, 8, seed, 0);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
        expect(batches.length).toBe(Math.ceil(lengths.length / 8));
        expect(epochBatches(lengths, 8, seed, 0)).toEqual(batches);
      },
    ),
  );
  const many = Array.from({ length: 200 }, (_, i) => 2 + (i % 50));
  expect(epochBatches(many, 8, 1, 0)).not.toEqual(epochBatches(many, 8, 1, 1));
});

test('batches are of texts of similar length', () => {
  const lengthOf = Array.from({ length: 512 }, (_, i) => 2 + ((i * 37) % 70));
  const spreads = epochBatches(lengthOf, 16, 3, 0).map((batch) => {
    const lengths = batch.map((place) => lengthOf[place]!);
    return Math.max(...lengths) - Math.min(...lengths);
  });
  expect(spreads.reduce((a, b) => a + b) / spreads.length).toBeLessThan(10);
});
