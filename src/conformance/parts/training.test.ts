import { expect, test } from 'vitest';
import { trainingPart } from './training.ts';

test('losses, gradients and parameters of every distillation run agree with PyTorch, pads folded or not', async () => {
  const results = [];
  for await (const result of trainingPart.check('fixtures/golden/training')) results.push(result);
  expect(results.length).toBeGreaterThan(25);
  expect(results.filter((result) => !result.passed)).toEqual([]);
});
