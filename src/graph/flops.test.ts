import { expect, test } from 'vitest';
import { flops } from './flops.ts';
import { gradients } from './gradients.ts';
import { createGraph, input, parameter } from './graph.ts';
import { attention } from './ops/attention.ts';
import { linear } from './ops/matmul.ts';
import { reduceSum } from './ops/reduce.ts';

test('a linear layer takes 2 operations a weight and row, its gradients as many for each of its inputs', () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', ['batch', 'length', 8]);
  const weight = parameter(graph, 'weight', [5, 8]);
  const y = linear(x, weight);
  const sizes = { batch: 3, length: 7 };
  const forward = 2 * 3 * 7 * 8 * 5;
  expect(flops([y], sizes)).toBe(forward);
  const [dx, dw] = gradients(reduceSum(y), [x, weight]);
  expect(flops([dw!], sizes)).toBe(forward);
  expect(flops([dx!, dw!], sizes)).toBe(2 * forward);
});

test('attention multiplies each query with each key, and each weight with each value', () => {
  const q = input(createGraph(), 'q', 'float32', ['batch', 4, 6]);
  expect(flops([attention(q, q, q, { heads: 2 })], { batch: 5 })).toBe(2 * 2 * 5 * 4 * 4 * 6);
});
