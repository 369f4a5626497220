import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { philox4x32 } from './philox.ts';
import { randomStream, shuffle } from './stream.ts';

describe('Philox 4x32-10', () => {
  // Known answers of Random123 (kat_vectors).
  it.each([
    { counter: [0, 0, 0, 0], key: [0, 0], answer: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      answer: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      answer: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ])('gives the published answer for counter $counter', ({ counter, key, answer }) => {
    const out = new Uint32Array(4);
    philox4x32(counter, key, out);
    expect([...out]).toEqual(answer);
  });
});

describe('a random stream', () => {
  it('repeats itself for the same seed, purpose and index, and differs for any other', () => {
    const first = (...name: Parameters<typeof randomStream>) => randomStream(...name).word();
    expect(first(7, 'a', 3)).toBe(first(7, 'a', 3));
    expect(first(7n, 'a', 3)).toBe(first(7, 'a', 3));
    const others = [first(8, 'a', 3), first(7, 'b', 3), first(7, 'a', 4), first(7, 'a', 3 + 2 ** 32)];
    expect(new Set([first(7, 'a', 3), ...others]).size).toBe(5);
  });

  it('draws normals with the mean and the deviation asked for', () => {
    const values = randomStream(1, 'weights').normals(100_000, 3, 0.5);
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    const within = values.filter((x) => Math.abs(x - 3) < 0.5).length / values.length;
    expect(mean).toBeCloseTo(3, 2);
    expect(Math.sqrt(variance)).toBeCloseTo(0.5, 2);
    expect(within).toBeCloseTo(0.6827, 2);
  });

  it('draws uniform numbers evenly', () => {
    const stream = randomStream(2, 'uniform');
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 50_000; i++) {
      const bin = Math.floor(stream.uniform() * 10);
      bins[bin] = (bins[bin] as number) + 1;
    }
    const chiSquared = bins.reduce((sum, n) => sum + (n - 5000) ** 2 / 5000, 0);
    expect(chiSquared).toBeLessThan(27.9); // 9 degrees of freedom, p = 0.001
  });

  it('drops the given share and keeps the expectation', () => {
    const mask = randomStream(3, 'dropout').dropoutMask(100_000, 0.1);
    const dropped = mask.filter((x) => x === 0).length / mask.length;
    expect(dropped).toBeCloseTo(0.1, 2);
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.9)]));
  });

  it('keeps everything at a dropout rate of 0', () => {
    expect(new Set(randomStream(3, 'dropout').dropoutMask(1000, 0))).toEqual(new Set([1]));
  });

  it('refuses a seed that is no whole number', () => {
    for (const seed of [-1, 0.5, Number.NaN, -1n, 1n << 64n])
      expect(() => randomStream(seed, 'x')).toThrow(InputError);
  });
});

describe('shuffle', () => {
  it('is a permutation', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(), fc.nat(1000), (n, seed, epoch) => {
        expect([...shuffle(n, seed, epoch)].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
      }),
    );
  });

  it('orders every epoch differently and the same epoch alike', () => {
    expect(shuffle(50, 1, 2)).toEqual(shuffle(50, 1, 2));
    expect(shuffle(50, 1, 2)).not.toEqual(shuffle(50, 1, 3));
  });

  it('gives every order of three equally often', () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 12_000; epoch++) {
      const order = shuffle(3, 5, epoch).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const chiSquared = [...counts.values()].reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0);
    expect(chiSquared).toBeLessThan(20.5); // 5 degrees of freedom, p = 0.001
  });
});
