import { expect, test } from 'vitest';
import { gradients } from './gradients.ts';
import { createGraph, input } from './graph.ts';
import { peakBytes } from './memory.ts';
import { exp } from './ops/elementwise.ts';
import { reshape } from './ops/layout.ts';
import { reduceSum } from './ops/reduce.ts';

function chain(length: number) {
  const x = input(createGraph(), 'x', 'float32', ['n', 25]);
  let y = x;
  for (let i = 0; i < length; i++) y = exp(y);
  return { x, y };
}

test('a chain holds two values at a time, however long it is', () => {
  for (const length of [2, 9]) expect(peakBytes([chain(length).y], { n: 4 })).toBe(2 * 400);
});

test('what is returned is held to the end, what only looks at a value in another shape takes nothing', () => {
  const { y } = chain(3);
  const view = reshape(y, [-1]);
  expect(peakBytes([view, exp(exp(exp(view)))], { n: 4 })).toBe(3 * 400);
});

test('the backward pass holds what each step forward made', () => {
  const { x, y } = chain(20);
  const [dx] = gradients(reduceSum(y), [x]);
  const bytes = peakBytes([dx!], { n: 4 });
  expect(bytes).toBeGreaterThanOrEqual(20 * 400);
  expect(bytes).toBeLessThan(24 * 400);
});
