/**
 * Decisions that need all rows at once: which are duplicates, and which hang together, so that a split must keep them on
 * one side. Works on 64-bit hashes of texts, 32 bytes a row, in the engine's memory or, beyond it, on its disk.
 *
 * Knows no text: the keys say which texts are equal, and `ko_key` and `en_key` which are equal but for case, spaces and
 * punctuation.
 */
import { type Database, parquet } from '../duckdb.ts';
import type { Rules } from '../rules.ts';

/** What is left when all is decided. */
export interface Selection {
  readonly pairs: number;
  /** Hash of all pairs, whatever their order. */
  readonly fingerprint: string;
  /** Pairs of the largest group that hangs together. */
  readonly largestGroup: number;
}

/**
 * Fills the tables `dropped` (id, reason) and `linked` (id, link): rows whose sentences also stand in others have the
 * same `link` when any chain of equal sentences connects them.
 *
 * Which of several equal rows stays depends on texts only, so that the order of files and rows changes nothing but the
 * place that is named as the source.
 */
export async function select(
  database: Database,
  candidates: readonly string[],
  unique: Rules['unique'],
): Promise<Selection> {
  await database.run('CREATE TABLE dropped (id UBIGINT, reason VARCHAR)');
  await database.run(`CREATE TABLE keys AS SELECT id, pair_key, ko_key, en_key FROM ${parquet(candidates)}`);
  await dropDuplicates(database);
  for (const side of sidesOf[unique]) await dropRepeated(database, side);
  await link(database);
  const [selection] = await database.rows(`SELECT count(*)::DOUBLE AS pairs,
      printf('%016x', coalesce(bit_xor(pair_key), 0::UBIGINT)) AS fingerprint,
      (SELECT coalesce(max(size), least(count(*), 1))::DOUBLE
        FROM (SELECT count(*) AS size FROM linked GROUP BY link)) AS "largestGroup"
    FROM keys`);
  await database.run('DROP TABLE keys');
  return selection as unknown as Selection;
}

const sidesOf: Readonly<Record<Rules['unique'], readonly ('en_key' | 'ko_key')[]>> = {
  pair: [],
  en: ['en_key'],
  ko: ['ko_key'],
  either: ['en_key', 'ko_key'],
};

/** Of pairs that are equal when normalised one stays; the others are exact duplicates of a row, or near ones. */
async function dropDuplicates(database: Database): Promise<void> {
  await database.run(`INSERT INTO dropped
    SELECT id, CASE WHEN of_text > 1 THEN 'duplicate' ELSE 'nearDuplicate' END FROM (
      SELECT id, row_number() OVER (PARTITION BY en_key, ko_key ORDER BY pair_key, id) AS of_group,
        row_number() OVER (PARTITION BY en_key, ko_key, pair_key ORDER BY id) AS of_text
      FROM keys SEMI JOIN (SELECT en_key, ko_key FROM keys GROUP BY ALL HAVING count(*) > 1) USING (en_key, ko_key))
    WHERE of_group > 1`);
  await removeDropped(database);
}

async function dropRepeated(database: Database, side: 'en_key' | 'ko_key'): Promise<void> {
  await database.run(`INSERT INTO dropped
    SELECT id, 'sideDuplicate' FROM (
      SELECT id, row_number() OVER (PARTITION BY ${side} ORDER BY pair_key, id) AS of_side
      FROM keys SEMI JOIN (SELECT ${side} FROM keys GROUP BY ALL HAVING count(*) > 1) USING (${side}))
    WHERE of_side > 1`);
  await removeDropped(database);
}

async function removeDropped(database: Database): Promise<void> {
  await database.run('DELETE FROM keys WHERE id IN (SELECT id FROM dropped)');
}

/**
 * Connected components of the graph whose nodes are sentences and whose edges are pairs: every row takes the least link
 * of its English and of its Korean sentence, until nothing changes.
 */
async function link(database: Database): Promise<void> {
  await database.run(`CREATE TABLE linked AS SELECT id, en_key, ko_key, least(en_key, ko_key) AS link FROM keys
    WHERE en_key IN (SELECT en_key FROM keys GROUP BY ALL HAVING count(*) > 1)
       OR ko_key IN (SELECT ko_key FROM keys GROUP BY ALL HAVING count(*) > 1)`);
  for (;;) {
    await database.run(`CREATE OR REPLACE TABLE relinked AS
      SELECT id, en_key, ko_key, least(min(link) OVER (PARTITION BY en_key), min(link) OVER (PARTITION BY ko_key)) AS link
      FROM linked`);
    const [{ changed }] = (await database.rows(
      'SELECT count(*) AS changed FROM linked JOIN relinked USING (id) WHERE linked.link <> relinked.link',
    )) as [{ changed: bigint }];
    await database.run('DROP TABLE linked');
    await database.run('ALTER TABLE relinked RENAME TO linked');
    if (changed === 0n) return;
  }
}
