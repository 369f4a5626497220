import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, GraphError } from '../../errors.ts';
import { type AdamWOptions, type AdamWVariant, adamw, globalNorm } from './adamw.ts';
import { smallestMoment } from './kernel.ts';
import { createTrainingMemory } from './memory.ts';

type Rounding = (value: number) => number;

/** The update as a plain loop; every intermediate value goes through `round`. */
function reference(
  p: number[],
  gradients: readonly (readonly number[])[],
  { variant, weightDecay, eps = variant === 'hf' ? 1e-6 : 1e-8 }: AdamWOptions,
  lr: number,
  round: Rounding,
): { p: number[]; m: number[]; v: number[] } {
  const m = p.map(() => 0);
  const v = p.map(() => 0);
  const [b1, b2] = [0.9, 0.999];
  const flush = (x: number) => (round === Math.fround && Math.abs(x) < smallestMoment ? 0 : x);
  for (const [i, gradient] of gradients.entries()) {
    const corrected = variant === 'torch';
    const stepSize = round(corrected ? lr / (1 - b1 ** (i + 1)) : lr);
    const rootScale = round(corrected ? 1 / Math.sqrt(1 - b2 ** (i + 1)) : 1);
    for (const [k, g] of gradient.entries()) {
      let value = p[k] as number;
      if (variant === 'torch') value = round(value * round(1 - lr * weightDecay));
      m[k] = flush(round(round(round(b1) * (m[k] as number)) + round(round(1 - b1) * g)));
      v[k] = flush(round(round(round(b2) * (v[k] as number)) + round(round(round(1 - b2) * g) * g)));
      const denominator = round(round(rootScale * round(Math.sqrt(v[k] as number))) + round(eps));
      value = round(value - round(round(stepSize * (m[k] as number)) / denominator));
      if (variant === 'hf') value = round(value - round(value * round(lr * weightDecay)));
      p[k] = value;
    }
  }
  return { p, m, v };
}

const float = (max: number) => fc.float({ min: -max, max, noNaN: true });
const magnitude = fc.oneof(float(4), float(Math.fround(1e-6)), fc.constantFrom(0, 1e-40, -1e-44, 1e-20));

/** A parameter with its gradients in some steps; lengths around multiples of 4. */
const training = fc.integer({ min: 1, max: 19 }).chain((length) =>
  fc.record({
    p: fc.array(float(2), { minLength: length, maxLength: length }),
    gradients: fc.array(fc.array(magnitude, { minLength: length, maxLength: length }), {
      minLength: 1,
      maxLength: 6,
    }),
    variant: fc.constantFrom<AdamWVariant>('hf', 'torch'),
    weightDecay: fc.constantFrom(0, 1e-4, 0.1),
    lr: fc.constantFrom(0, 5e-5, 1e-3, 0.1),
  }),
);

function train({
  p,
  gradients,
  lr,
  ...options
}: AdamWOptions & { p: number[]; gradients: number[][]; lr: number }) {
  const shape = [p.length];
  const state = createTrainingMemory([
    { name: 'before', shape: [1], data: Float32Array.of(5), decay: true },
    { name: 'weight', shape, data: Float32Array.from(p), decay: true },
    { name: 'after', shape: [1], data: Float32Array.of(6), decay: true },
  ]);
  const optimizer = adamw(state, options);
  for (const gradient of gradients) optimizer.step({ weight: Float32Array.from(gradient) }, lr);
  return state;
}

const float32 = (values: readonly number[]) => values.map(Math.fround);

describe('AdamW', () => {
  test('is bit for bit the formula in float32, for every length, and touches no neighbour', () => {
    fc.assert(
      fc.property(training, (run) => {
        const state = train(run);
        const gradients = run.gradients.map(float32);
        const expected = reference(float32(run.p), gradients, run, run.lr, Math.fround);
        // Zeros of either sign are equal here.
        const plain = (values: Iterable<number>) => [...values].map((x) => x + 0);
        expect(plain(state.parameter('weight'))).toEqual(plain(expected.p));
        expect(plain(state.firstMoment('weight'))).toEqual(plain(expected.m));
        expect(plain(state.secondMoment('weight'))).toEqual(plain(expected.v));
        expect([state.parameter('before')[0], state.parameter('after')[0]]).toEqual([5, 6]);
        const padding = state.p.length - run.p.length - 2;
        expect(zeros(state.p) - zeros(state.parameter('weight'))).toBe(padding);
      }),
    );
  });

  test('agrees with the formula in float64 within the rounding of float32', () => {
    fc.assert(
      fc.property(training, (run) => {
        const state = train(run);
        const expected = reference(float32(run.p), run.gradients.map(float32), run, run.lr, (x) => x);
        for (const [i, value] of state.parameter('weight').entries()) {
          const scale = Math.abs(run.p[i] as number) + run.lr * run.gradients.length * 10;
          expect(Math.abs(value - (expected.p[i] as number))).toBeLessThanOrEqual(scale * 1e-5);
        }
      }),
    );
  });

  test('hf: the first step moves by lr * 0.1 g / (sqrt(0.001) |g| + eps), then decays the result', () => {
    const state = train({ p: [1], gradients: [[2]], variant: 'hf', weightDecay: 0.1, lr: 0.01 });
    const moved = 1 - (0.01 * 0.2) / (Math.sqrt(0.004) + 1e-6);
    expect(state.parameter('weight')[0]).toBeCloseTo(moved * (1 - 0.001), 6);
  });

  test('torch: the first step decays first and then moves by lr against the sign of the gradient', () => {
    const state = train({ p: [1], gradients: [[2]], variant: 'torch', weightDecay: 0.1, lr: 0.01 });
    expect(state.parameter('weight')[0]).toBeCloseTo(1 * (1 - 0.001) - 0.01, 6);
  });

  test('a gradient longer than the scratch region is applied whole', () => {
    const length = 65_536 * 2 + 7;
    const state = createTrainingMemory([{ name: 'w', shape: [length], decay: false }]);
    const gradient = Float32Array.from({ length }, (_, i) => (i % 2 === 0 ? 1 : -1));
    adamw(state, { variant: 'torch', weightDecay: 0 }).step({ w: gradient }, 0.5);
    expect(
      state.parameter('w').every((value, i) => Math.abs(value + 0.5 * (gradient[i] as number)) < 1e-6),
    ).toBe(true);
  });

  test.each(['hf', 'torch'] as const)(
    '%s: parameters without gradient are not touched, not even by decay',
    (variant) => {
      const state = createTrainingMemory([
        { name: 'used', shape: [2], data: Float32Array.of(1, 1), decay: true },
        { name: 'pooler', shape: [2], data: Float32Array.of(1, 1), decay: true },
      ]);
      adamw(state, { variant, weightDecay: 0.5 }).step({ used: Float32Array.of(0, 0) }, 0.1);
      expect([...state.parameter('pooler')]).toEqual([1, 1]);
      expect([...state.parameter('used')]).toEqual([Math.fround(0.95), Math.fround(0.95)]);
    },
  );

  test('only parameters that decay do', () => {
    const state = createTrainingMemory([
      { name: 'weight', shape: [1], data: Float32Array.of(1), decay: true },
      { name: 'bias', shape: [1], data: Float32Array.of(1), decay: false },
    ]);
    const zero = new Float32Array(1);
    adamw(state, { variant: 'hf', weightDecay: 0.5 }).step({ weight: zero, bias: zero }, 0.5);
    expect([...state.p].filter((x) => x !== 0)).toEqual([0.75, 1]);
  });

  test('moments that have faded to nothing are 0, not denormal', () => {
    const gradients = [[1e-30], ...Array.from({ length: 200 }, () => [0])];
    const state = train({ p: [1], gradients, variant: 'hf', weightDecay: 0, lr: 1e-3 });
    expect(state.firstMoment('weight')[0]).toBe(0);
  });

  test('a not-a-number in a gradient shows in the parameter', () => {
    const state = train({ p: [1, 1], gradients: [[Number.NaN, 0]], variant: 'hf', weightDecay: 0, lr: 1e-3 });
    expect([...state.parameter('weight')]).toEqual([Number.NaN, 1]);
  });
});

describe('gradient clipping', () => {
  const update = (gradient: number[], clipNorm?: number) => {
    const state = createTrainingMemory([{ name: 'w', shape: [2], decay: false }]);
    const options = {
      variant: 'hf',
      weightDecay: 0,
      eps: 1,
      ...(clipNorm === undefined ? {} : { clipNorm }),
    } as const;
    const report = adamw(state, options).step({ w: Float32Array.from(gradient) }, 1);
    return { report, m: [...state.firstMoment('w')] };
  };

  test('scales gradients down to the norm and reports the norm they had', () => {
    const { report, m } = update([30, 40], 5);
    expect(report.gradientNorm).toBe(50);
    expect(m[0]).toBeCloseTo(0.3, 6);
    expect(m[1]).toBeCloseTo(0.4, 6);
  });

  test('leaves small gradients as they are', () => {
    expect(update([0.3, 0.4], 5).m).toEqual(update([0.3, 0.4]).m);
    expect(update([0.3, 0.4]).report).toEqual({ applied: true });
  });

  test('the global norm does not overflow or lose small addends where float32 would', () => {
    expect(globalNorm([Float32Array.of(3e30), Float32Array.of(4e30)]) / 5e30).toBeCloseTo(1, 6);
    expect(globalNorm([new Float32Array(10_000).fill(1e-3), Float32Array.of(1e2)])).toBeCloseTo(
      Math.sqrt(1e4 + 0.01),
      9,
    );
  });
});

describe('wrong requests', () => {
  const state = createTrainingMemory([
    { name: 'w', shape: [2, 3], data: new Float32Array(6).fill(1), decay: true },
  ]);
  const optimizer = adamw(state, { variant: 'hf', weightDecay: 0.1 });

  test('a gradient of another length or of an unknown parameter is named, and nothing changes', () => {
    expect(() => optimizer.step({ w: new Float32Array(5) }, 1)).toThrow(GraphError);
    expect(() => optimizer.step({ w: new Float32Array(5) }, 1)).toThrow(
      "'w' has 5 elements, but its shape [2, 3] has 6",
    );
    expect(() => optimizer.step({ w: new Float32Array(6), x: new Float32Array(1) }, 1)).toThrow("'x'");
    expect(state.step).toBe(0);
    expect([...state.parameter('w')]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('options outside their range are named', () => {
    const create = (options: Partial<AdamWOptions>) => () =>
      adamw(state, { variant: 'hf', weightDecay: 0, ...options });
    expect(create({ betas: [1, 0.999] })).toThrow(ConfigError);
    expect(create({ betas: [1, 0.999] })).toThrow('beta1 = 1');
    expect(create({ eps: 0 })).toThrow('eps = 0');
    expect(create({ weightDecay: -1 })).toThrow('weight decay = -1');
    expect(create({ clipNorm: 0 })).toThrow('clip norm = 0');
  });
});

function zeros(values: Float32Array): number {
  return values.filter((x) => x === 0).length;
}
