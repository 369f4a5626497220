import fc from 'fast-check';
import { Matrix } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { InputError } from '../errors.ts';
import { randomStream } from '../random/stream.ts';
import { frechetDistance, type Gaussian, gaussianOf } from './frechet.ts';

const diagonal = (mean: number[], variances: number[]): Gaussian => ({
  mean: Float64Array.from(mean),
  covariance: Matrix.diag(variances),
});

/** Sets of features of any size and scale. */
const features = fc
  .record({
    seed: fc.nat(1000),
    count: fc.integer({ min: 2, max: 12 }),
    scale: fc.double({ min: 0.01, max: 30, noNaN: true }),
  })
  .map(({ seed, count, scale }) =>
    Array.from({ length: count }, (_, i) =>
      randomStream(seed, `features ${i}`)
        .normals(6)
        .map((x, j) => scale * (x + (j % 3) * i)),
    ),
  );

describe('the distance', () => {
  test('of Gaussians along the axes is that of their means and of their standard deviations', () => {
    const [a, b] = [diagonal([0, 1, 2], [1, 4, 9]), diagonal([1, 1, 0], [4, 4, 1])];
    expect(frechetDistance(a, b)).toBeCloseTo(1 + 4 + (1 - 2) ** 2 + 0 + (3 - 1) ** 2, 9);
  });

  test('of covariances that do not commute is what their product says, in two dimensions', () => {
    const [a, b] = [
      new Matrix([
        [2, 1],
        [1, 3],
      ]),
      new Matrix([
        [5, -2],
        [-2, 1],
      ]),
    ];
    // The eigenvalues of A B are those of A^½ B A^½: sum of roots = sqrt(trace + 2 sqrt(determinant)).
    const product = a.mmul(b);
    const determinant = 5 * 1;
    const roots = Math.sqrt(product.trace() + 2 * Math.sqrt(determinant));
    const zero = new Float64Array(2);
    const distance = frechetDistance({ mean: zero, covariance: a }, { mean: zero, covariance: b });
    expect(distance).toBeCloseTo(5 + 6 - 2 * roots, 9);
  });

  test('of a set to itself is nothing, and it is the same from either side', () => {
    fc.assert(
      fc.property(features, features, (some, others) => {
        const [a, b] = [gaussianOf(some), gaussianOf(others)];
        const size = 1 + a.covariance.trace() + b.covariance.trace();
        expect(frechetDistance(a, a) / size).toBeLessThan(1e-6);
        expect(Math.abs(frechetDistance(a, b) - frechetDistance(b, a)) / size).toBeLessThan(1e-5);
        expect(frechetDistance(a, b)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 50 },
    );
  });

  test('grows with the square of a shift of all features', () => {
    fc.assert(
      fc.property(features, fc.double({ min: 1, max: 20, noNaN: true }), (some, shift) => {
        const a = gaussianOf(some);
        const moved = { ...a, mean: a.mean.map((value) => value + shift) };
        const tolerance = 1e-4 * (a.covariance.trace() + shift ** 2);
        expect(Math.abs(frechetDistance(a, moved) - 6 * shift ** 2)).toBeLessThan(tolerance);
      }),
      { numRuns: 50 },
    );
  });

  test('needs features of one size', () => {
    expect(() => frechetDistance(diagonal([0], [1]), diagonal([0, 0], [1, 1]))).toThrow(InputError);
  });
});

test('mean and covariance are those of NumPy', () => {
  const { mean, covariance } = gaussianOf([
    Float32Array.of(1, 2),
    Float32Array.of(3, 5),
    Float32Array.of(8, 2),
  ]);
  expect([...mean]).toEqual([4, 3]);
  // numpy.cov([[1, 3, 8], [2, 5, 2]])
  expect(covariance.to2DArray()).toEqual([
    [expect.closeTo(13, 9), expect.closeTo(-1.5, 9)],
    [expect.closeTo(-1.5, 9), expect.closeTo(3, 9)],
  ]);
  expect(() => gaussianOf([Float32Array.of(1)])).toThrow(InputError);
});
