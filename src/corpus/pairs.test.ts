import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Pair, readPairs, samplePairs, splitPairs } from './pairs.ts';

const pairs = fc.array(fc.record({ en: fc.string(), ko: fc.string() }), { minLength: 30, maxLength: 120 });
const key = ({ en, ko }: Pair) => `${en}\t${ko}`;

test('no English sentence stands on both sides, and the sides do not depend on the order of the rows', () => {
  fc.assert(
    fc.property(pairs, fc.nat(5), (all, seed) => {
      let split: ReturnType<typeof splitPairs>;
      try {
        split = splitPairs(all, 0.3, seed);
      } catch {
        return;
      }
      const validation = new Set(split.validation.map((pair) => pair.en));
      expect(split.train.some((pair) => validation.has(pair.en))).toBe(false);
      const reversed = splitPairs([...all].reverse(), 0.3, seed);
      expect(reversed.train.map(key).sort()).toEqual(split.train.map(key).sort());
    }),
  );
});

test('a sample has the size asked for and does not depend on the order of the rows', () => {
  fc.assert(
    fc.property(pairs, fc.nat(5), (all, seed) => {
      const sample = samplePairs(all, 10, seed);
      expect(sample).toHaveLength(10);
      expect(
        samplePairs([...all].reverse(), 10, seed)
          .map(key)
          .sort(),
      ).toEqual(sample.map(key).sort());
    }),
  );
});

test('a row without Korean is named by file and row', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'ksd-pairs-')), 'pairs.jsonl');
  await writeFile(path, '{"en":"a","ko":"가"}\n{"en":"b"}\n');
  await expect(readPairs(path)).rejects.toThrow(/pairs\.jsonl, row 2/);
});
