import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { mersenne, seededState } from './mersenne.ts';
import { restoreTorch, torchGenerator } from './torch.ts';

describe('the Mersenne Twister', () => {
  it('gives as word 10000 after seed 5489 what the C++ standard requires', () => {
    const engine = mersenne(seededState(5489));
    for (let i = 1; i < 10_000; i++) engine.next();
    expect(engine.next()).toBe(4123659995);
  });
});

describe("PyTorch's generator", () => {
  it('draws the uniform numbers that PyTorch shows for seed 0', () => {
    const digits = [...torchGenerator(0).rand([5])].map((x) => x.toFixed(4));
    expect(digits).toEqual(['0.4963', '0.7682', '0.0885', '0.1320', '0.3074']);
  });

  it.each([[3], [20]])('goes on from a snapshot as if nothing had happened (%i values)', (length) => {
    const original = torchGenerator(7);
    original.randn([5]);
    const copy = restoreTorch(original.state());
    expect(copy.randn([length])).toEqual(original.randn([length]));
    expect(copy.rand([length])).toEqual(original.rand([length]));
  });

  it('draws uniform numbers from 0 to below 1', () => {
    const values = torchGenerator(0).rand([10_000]);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(values.reduce((sum, x) => sum + x, 0) / values.length).toBeCloseTo(0.5, 1);
  });

  it('takes only the low 32 bits of a seed, as PyTorch does', () => {
    expect(torchGenerator(2n ** 40n + 9n).randn([4])).toEqual(torchGenerator(9).randn([4]));
  });

  it('refuses seeds that are not whole numbers of at least 0', () => {
    for (const seed of [-1, 1.5, Number.NaN, 2 ** 60, -1n])
      expect(() => torchGenerator(seed)).toThrow(InputError);
  });
});
