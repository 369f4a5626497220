import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { CaseResult } from '../golden.ts';
import { schedulersPart } from './schedulers.ts';

const folder = fileURLToPath(new URL('../../../fixtures/golden/schedulers', import.meta.url));

test('tables, time steps, trajectories and noised samples agree with diffusers in every golden case', async () => {
  const results: CaseResult[] = [];
  for await (const result of schedulersPart.check(folder)) results.push(result);
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
  const cases = JSON.parse(readFileSync(`${folder}/cases.json`, 'utf8'));
  const count = Object.keys(cases.schedulers).length + cases.trajectories.length + cases.add_noise.length;
  expect(results.length).toBe(count + 1);
});
