import { expect, test } from 'vitest';
import { pipelinePart } from './pipeline.ts';

test('whole runs of Stable Diffusion agree with diffusers, from tokens to pixels', async () => {
  const results = [];
  for await (const result of pipelinePart.check('fixtures/golden/pipeline')) results.push(result);
  expect(results.length).toBeGreaterThanOrEqual(20);
  expect(results.filter((result) => !result.passed)).toEqual([]);
});
