import { expect, test } from 'vitest';
import { percentWithInterval } from '../../../src/evaluation/interval.ts';
import { rateOf } from './rate.ts';

test.each([
  [0.941, 0.84, 0.98],
  [1, 1, 1],
  [-0.04, -0.27, 0.16],
])('the rate %d is read as evaluations write it', (mean, low, high) => {
  const percent = (value: number) => (100 * value).toFixed(0);
  expect(rateOf(percentWithInterval({ mean, low, high }))).toEqual({
    rate: percent(mean),
    low: percent(low),
    high: percent(high),
  });
});

test.each(['', '-', 'roberta ko', '12', '0.882 [0.88, 0.89]', '92 % [89, 94], R2 0.88'])(
  '%j is no rate',
  (text) => {
    expect(rateOf(text)).toBeUndefined();
  },
);
