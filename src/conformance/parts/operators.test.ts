import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { CaseResult } from '../golden.ts';
import { operatorsPart } from './operators.ts';

const folder = fileURLToPath(new URL('../../../fixtures/golden/ops', import.meta.url));

test('every operator and each of its gradients agrees with PyTorch', async () => {
  const results: CaseResult[] = [];
  for await (const result of operatorsPart.check(folder)) results.push(result);
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
  const { ops } = JSON.parse(readFileSync(`${folder}/cases.json`, 'utf8')) as { ops: unknown[] };
  expect(results.length).toBe(ops.length);
});
