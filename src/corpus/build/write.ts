/**
 * Writes the store: pairs in the order in which samples are drawn, rejected rows with their reasons.
 */
import { join } from 'node:path';
import { type Database, literal, numberedParquet, parquet } from '../duckdb.ts';
import { pairsFile, rejectedFile, validationFraction } from '../layout.ts';
import type { CorpusReport } from '../report/corpusReport.ts';

export interface WriteOptions {
  readonly folder: string;
  readonly seed: number;
  /** Parquet files of the parts. */
  readonly candidates: readonly string[];
  readonly rejected: readonly string[];
}

/**
 * Writes `pairs.parquet` from the candidates that `select` has left, sorted by a seeded hash of their text: the first n
 * rows are a sample of n, whatever the order of the input. `split_key`, in [0, 1), is a seeded hash of all the
 * sentences that a pair hangs together with.
 */
export async function writePairs(
  database: Database,
  { folder, seed, candidates }: WriteOptions,
): Promise<void> {
  const columns = `ko, en, corpus, domain, source, file, row, teacher_en, teacher_ko, student_en, student_ko`;
  await database.run(`COPY (
    SELECT ${columns}, md5_number_lower('${seed}' || chr(9) || en || chr(9) || ko) AS sample_key,
      md5_number_lower('${seed}' || chr(9) || coalesce(link, least(c.en_key, c.ko_key))) / 18446744073709551616.0 AS split_key
    FROM ${parquet(candidates)} c ANTI JOIN dropped USING (id) LEFT JOIN (SELECT id, link FROM linked) USING (id)
    ORDER BY sample_key, en, ko
  ) TO ${literal(join(folder, pairsFile))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440)`);
}

/** Writes `rejected.parquet`: what the readers and the rules refused, and the duplicates. */
export async function writeRejected(
  database: Database,
  { folder, candidates, rejected }: WriteOptions,
): Promise<void> {
  const columns = 'corpus, domain, source, file, row';
  await database.run(`COPY (
    SELECT reason, problem, ko, en, ${columns} FROM (
      SELECT id, reason, problem, ko, en, ${columns} FROM ${parquet(rejected)} UNION ALL
      SELECT id, reason, NULL, ko, en, ${columns} FROM ${parquet(candidates)} JOIN dropped USING (id)
    ) ORDER BY id
  ) TO ${literal(join(folder, rejectedFile))} (FORMAT parquet, COMPRESSION zstd)`);
}

/** Sizes that people train on: the original project's. */
const sampleSizes = [10_000, 50_000, 250_000, 1_000_000];

/** What the written pairs are: by domain, most first, and in samples. */
export type StoreFacts = Pick<CorpusReport, 'domains' | 'samples'>;

export async function storeFacts(database: Database, folder: string, pairs: number): Promise<StoreFacts> {
  const from = numberedParquet(join(folder, pairsFile));
  const domains = await database.rows(
    `SELECT corpus, coalesce(domain, '') AS domain, count(*)::DOUBLE AS pairs FROM ${from} GROUP BY ALL ORDER BY 3 DESC, 1, 2`,
  );
  const samples: { pairs: number; train: number; validation: number }[] = [];
  for (const size of sampleSizes.filter((size) => size <= pairs)) {
    const [row] = await database.rows(
      `SELECT count(*)::DOUBLE AS validation FROM ${from} WHERE file_row_number < ${size} AND split_key < ${validationFraction}`,
    );
    const validation = row!['validation'] as number;
    samples.push({ pairs: size, train: size - validation, validation });
  }
  return { domains: domains as unknown as StoreFacts['domains'], samples };
}
