import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, literal, openDatabase } from '../duckdb.ts';
import type { Rules } from '../rules.ts';
import { select } from './select.ts';

let folder: string;
let database: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ksd-select-'));
  database = await openDatabase({ threads: 2, memory: 200, scratch: folder });
});
afterAll(() => database.close());

/** Texts are letters; one in upper case is a near duplicate of the same in lower case. */
interface Row {
  readonly ko: string;
  readonly en: string;
}

async function selected(rows: readonly Row[], unique: Rules['unique'] = 'pair') {
  const path = join(folder, 'rows.parquet');
  for (const table of ['dropped', 'linked']) await database.run(`DROP TABLE IF EXISTS ${table}`);
  const values = rows.map(({ ko, en }, id) => `(${id}, ${literal(ko)}, ${literal(en)})`).join(', ');
  await database.run(`COPY (SELECT id::UBIGINT AS id, md5_number_lower(en || chr(9) || ko) AS pair_key,
    md5_number_lower('k' || lower(ko)) AS ko_key, md5_number_lower('e' || lower(en)) AS en_key
    FROM (VALUES ${values}) AS t(id, ko, en)) TO ${literal(path)}`);
  await select(database, [path], unique);
  const dropped = new Map(
    (await database.rows('SELECT id, reason FROM dropped')).map((row) => [
      Number(row['id']),
      row['reason'] as string,
    ]),
  );
  const links = new Map(
    (await database.rows('SELECT id, link FROM linked')).map((row) => [
      Number(row['id']),
      row['link'] as bigint,
    ]),
  );
  return { dropped, links, kept: rows.map((_, id) => id).filter((id) => !dropped.has(id)) };
}

const word = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'A', 'B');
const rows = fc.array(fc.record({ ko: word, en: word }), { minLength: 1, maxLength: 14 });
const near = ({ ko, en }: Row) => `${ko}/${en}`.toLowerCase();
const exact = ({ ko, en }: Row) => `${ko}/${en}`;

test('of equal pairs exactly one stays, and the others are counted as what they are', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (all) => {
      const { dropped, kept } = await selected(all);
      const reasons = [...dropped.values()];
      expect(kept.length).toBe(new Set(all.map(near)).size);
      expect(reasons.filter((reason) => reason === 'duplicate').length).toBe(
        all.length - new Set(all.map(exact)).size,
      );
    }),
    { numRuns: 40 },
  );
});

test('which texts stay does not depend on the order of the rows', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom('pair', 'en', 'ko', 'either'), async (all, unique) => {
      const textsOf = async (some: readonly Row[]) =>
        (await selected(some, unique as Rules['unique'])).kept.map((id) => exact(some[id]!)).sort();
      expect(await textsOf([...all].reverse())).toEqual(await textsOf(all));
    }),
    { numRuns: 30 },
  );
});

test('a side that may stand only once does', async () => {
  const all = [
    { ko: 'a', en: 'x' },
    { ko: 'a', en: 'y' },
    { ko: 'b', en: 'y' },
  ];
  const english = await selected(all, 'en');
  expect(english.kept).toHaveLength(2);
  expect([...english.dropped.values()]).toEqual(['sideDuplicate']);
  const { kept } = await selected(all, 'either');
  expect(new Set(kept.map((id) => all[id]!.ko)).size).toBe(kept.length);
  expect(new Set(kept.map((id) => all[id]!.en)).size).toBe(kept.length);
});

test('pairs that any chain of equal sentences connects hang together, others do not', async () => {
  const chain = Array.from({ length: 12 }, (_, i) => ({ ko: `k${i >> 1}`, en: `e${(i + 1) >> 1}` }));
  const alone = { ko: 'only', en: 'once' };
  const { links, dropped } = await selected([...chain, alone]);
  expect(dropped.size).toBe(0);
  expect(new Set(chain.map((_, id) => links.get(id))).size).toBe(1);
  expect(links.get(0)).toBeDefined();
  expect(links.has(chain.length)).toBe(false);
});
