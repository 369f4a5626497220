import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPairs } from './pairs.ts';

test('a row without Korean is named by file and row', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'ksd-pairs-')), 'pairs.jsonl');
  await writeFile(path, '{"en":"a","ko":"가"}\n{"en":"b"}\n');
  await expect(readPairs(path)).rejects.toThrow(/pairs\.jsonl, row 2/);
});
