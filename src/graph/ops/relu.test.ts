import { expect, test } from 'vitest';
import { gradients } from '../gradients.ts';
import { createGraph, input } from '../graph.ts';
import { evaluate, floats } from '../testing.ts';
import { mul } from './arithmetic.ts';
import { reduceSum } from './reduce.ts';
import { relu } from './relu.ts';

test('negative values become 0, and the gradient passes only where the value was positive', async () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', ['n', 2]);
  const y = relu(x);
  const [gradient] = gradients(reduceSum(mul(y, y)), [x]);
  const results = await evaluate({ y, gradient: gradient! }, { x: floats([-2, 3, 0, 0.5], [2, 2]) });
  expect(results['y']).toEqual(floats([0, 3, 0, 0.5], [2, 2]));
  expect(results['gradient']).toEqual(floats([0, 6, 0, 1], [2, 2]));
});

test('the gradient at 0 is 0, whatever arrives', async () => {
  const graph = createGraph();
  const x = input(graph, 'x', 'float32', [3]);
  const [gradient] = gradients(reduceSum(mul(relu(x), 5)), [x]);
  const results = await evaluate({ gradient: gradient! }, { x: floats([-1, 0, 1]) });
  expect(results['gradient']!.data).toEqual(Float32Array.of(0, 0, 5));
});
