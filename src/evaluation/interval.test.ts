import { expect, test } from 'vitest';
import { percentWithInterval, withInterval } from './interval.ts';

test('the ends of an interval can be read whatever their signs', () => {
  expect(withInterval({ mean: -0.7104, low: -0.731, high: -0.69 }, 3, 2)).toBe('-0.710 [-0.73, -0.69]');
  expect(percentWithInterval({ mean: -0.66, low: -0.86, high: 0.03 })).toBe('-66 % [-86, 3]');
});

test('a value that rounds to zero has no sign', () => {
  expect(percentWithInterval({ mean: -0.001, low: -0.004, high: 0.004 })).toBe('0 % [0, 0]');
  expect(withInterval({ mean: -0.0004, low: -0.01, high: 0.01 }, 2)).toBe('0.00 [-0.01, 0.01]');
});
