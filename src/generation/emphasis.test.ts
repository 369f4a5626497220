import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emphasize } from './emphasis.ts';

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

const positive = fc.float({ min: Math.fround(0.1), max: 10, noNaN: true });

test('rows keep their proportions to the weights, and all together their mean', () => {
  const rows = fc.array(
    fc.record({ weight: positive, values: fc.array(positive, { minLength: 3, maxLength: 3 }) }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(rows, (given) => {
      const states = Float32Array.from(given.flatMap(({ values }) => values));
      const before = states.slice();
      emphasize(
        states,
        Float32Array.from(given, ({ weight }) => weight),
      );
      expect(mean(states) / mean(before)).toBeCloseTo(1, 4);
      const factors = given.map(
        ({ weight }, i) => (states[3 * i + 1] as number) / (before[3 * i + 1] as number) / weight,
      );
      for (const factor of factors) expect(factor / (factors[0] as number)).toBeCloseTo(1, 4);
    }),
  );
});

test('weights of 1 change nothing, to the bit', () => {
  const states = Float32Array.of(0.1, -0.7, 3, 1e-20);
  const before = states.slice();
  emphasize(states, Float32Array.of(1, 1));
  expect(states).toEqual(before);
});

test.each([
  ['turn the sign of the mean', [1, -3], [1, 2, -3, -6]],
  ['bring the mean to 0', [0, 0], [0, 0, 0, 0]],
])('weights that %s only multiply', (_, weights, expected) => {
  const states = Float32Array.of(1, 2, 1, 2);
  emphasize(states, Float32Array.from(weights));
  expect([...states].map((value) => value + 0)).toEqual(expected);
});
