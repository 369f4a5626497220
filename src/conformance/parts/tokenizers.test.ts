import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { CaseResult } from '../golden.ts';
import { tokenizersPart } from './tokenizers.ts';

const folder = fileURLToPath(new URL('../../../fixtures/golden/tokenizers', import.meta.url));

test('every golden text gets the ids, mask, length and tokens of the Python tokenizers', async () => {
  const results: CaseResult[] = [];
  for await (const result of tokenizersPart.check(folder)) results.push(result);
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
  const { cases } = JSON.parse(readFileSync(`${folder}/cases.json`, 'utf8')) as { cases: unknown[] };
  expect(results.length).toBe(cases.length);
});
