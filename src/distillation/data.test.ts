import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EncodedPair, epochBatches } from './data.ts';

function pairOf(length: number): EncodedPair {
  const text = new Array<number>(length).fill(0);
  return { en: text, ko: text, sentence: 0 };
}

test('an epoch sees every pair once, in an order of its own that repeats on every machine', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 2, max: 77 }), { minLength: 1, maxLength: 300 }),
      fc.nat(9),
      (lengths, seed) => {
        const pairs = lengths.map(pairOf);
        const batches = epochBatches(pairs, 8, seed, 0);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(pairs.map((_, i) => i));
        expect(batches.length).toBe(Math.ceil(pairs.length / 8));
        expect(epochBatches(pairs, 8, seed, 0)).toEqual(batches);
      },
    ),
  );
  const many = Array.from({ length: 200 }, (_, i) => pairOf(2 + (i % 50)));
  expect(epochBatches(many, 8, 1, 0)).not.toEqual(epochBatches(many, 8, 1, 1));
});

test('batches are of texts of similar length', () => {
  const pairs = Array.from({ length: 512 }, (_, i) => pairOf(2 + ((i * 37) % 70)));
  const spreads = epochBatches(pairs, 16, 3, 0).map((batch) => {
    const lengths = batch.map((place) => pairs[place]!.en.length);
    return Math.max(...lengths) - Math.min(...lengths);
  });
  expect(spreads.reduce((a, b) => a + b) / spreads.length).toBeLessThan(10);
});
