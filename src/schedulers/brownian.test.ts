import { describe, expect, it } from 'vitest';
import { randomStream } from '../random/stream.ts';
import { brownianPath } from './brownian.ts';
import { weightedSum } from './linear.ts';
import type { NoiseSource } from './scheduler.ts';

const count = 4000;

const byName: NoiseSource = Object.assign(
  () => {
    throw new Error('drawn without a name');
  },
  { named: (name: number) => randomStream(1, 'path', name).normals(count) },
);

function inOrder(): NoiseSource {
  const stream = randomStream(2, 'path');
  return () => stream.normals(count);
}

const product = (one: Float32Array, other: Float32Array) =>
  one.reduce((sum, value, i) => sum + value * (other[i] as number), 0) / one.length;

/** Five standard errors of a mean of products of standard normal values; of squares, with twice the variance. */
const bound = 5 * Math.sqrt(2 / count);

describe.each([
  ['by name', () => byName],
  ['in order', inOrder],
])('a Brownian path of noise drawn %s', (_, source) => {
  it('has standard normal increments, independent where they do not overlap', () => {
    const path = brownianPath(source(), [-2.7, 3.5]);
    const stretches = [path(-2.7, -1), path(-1, 0.2), path(0.2, 0.3), path(0.3, 3.5)];
    stretches.forEach((one, i) => {
      stretches.forEach((other, j) => {
        expect(Math.abs(product(one, other) - (i === j ? 1 : 0))).toBeLessThan(bound);
      });
    });
  });

  it('adds up: the increments of two stretches are that of both', () => {
    const path = brownianPath(source(), [0, 1]);
    const whole = path(0.25, 0.75);
    const parts = weightedSum([Math.sqrt(0.5), path(0.25, 0.5)], [Math.sqrt(0.5), path(0.5, 0.75)]);
    whole.forEach((value, i) => {
      expect(value).toBeCloseTo(parts[i] as number, 4);
    });
  });
});

describe('a Brownian path', () => {
  it('is the same whatever was asked before', () => {
    const fresh = brownianPath(byName, [0, 1])(0.3, 0.4);
    const path = brownianPath(byName, [0, 1]);
    for (let i = 0; i < 10; i++) path(i / 10, (i + 1) / 10);
    expect(path(0.3, 0.4)).toEqual(fresh);
  });
});
