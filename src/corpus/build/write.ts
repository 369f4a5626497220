/**
 * Writes the store: pairs in the order in which samples are drawn, rejected rows with their reasons.
 */
import { type Database, literal, parquet } from '../duckdb.ts';
import { pairsFile, rejectedFile, validationFraction } from '../layout.ts';

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
  const rows = candidates.length === 0 ? noCandidates : parquet(candidates);
  await database.run(`COPY (
    SELECT ${columns}, md5_number_lower('${seed}' || chr(9) || en || chr(9) || ko) AS sample_key,
      md5_number_lower('${seed}' || chr(9) || coalesce(link, least(c.en_key, c.ko_key))) / 18446744073709551616.0 AS split_key
    FROM ${rows} c ANTI JOIN dropped USING (id) LEFT JOIN (SELECT id, link FROM linked) USING (id)
    ORDER BY sample_key, en, ko
  ) TO ${literal(`${folder}/${pairsFile}`)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440)`);
}

/** Writes `rejected.parquet`: what the readers and the rules refused, and the duplicates. */
export async function writeRejected(
  database: Database,
  { folder, candidates, rejected }: WriteOptions,
): Promise<void> {
  const columns = 'corpus, domain, source, file, row';
  const parts = [
    ...(rejected.length === 0
      ? []
      : [`SELECT id, reason, problem, ko, en, ${columns} FROM ${parquet(rejected)}`]),
    ...(candidates.length === 0
      ? []
      : [
          `SELECT id, reason, NULL AS problem, ko, en, ${columns} FROM ${parquet(candidates)} JOIN dropped USING (id)`,
        ]),
  ];
  await database.run(`COPY (
    SELECT reason, problem, ko, en, ${columns} FROM (${parts.join(' UNION ALL ')}) ORDER BY id
  ) TO ${literal(`${folder}/${rejectedFile}`)} (FORMAT parquet, COMPRESSION zstd)`);
}

const noCandidates = `(SELECT 0::UBIGINT AS id, '' AS ko, '' AS en, '' AS corpus, '' AS domain, '' AS source, '' AS file, 0 AS row,
  0::USMALLINT AS teacher_en, 0::USMALLINT AS teacher_ko, 0::USMALLINT AS student_en, 0::USMALLINT AS student_ko,
  0::UBIGINT AS ko_key, 0::UBIGINT AS en_key WHERE false)`;

/** Sizes that people train on: the original project's. */
const sampleSizes = [10_000, 50_000, 250_000, 1_000_000];

export interface PairFacts {
  readonly pairs: number;
  readonly fingerprint: string;
  readonly largestGroup: number;
  readonly domains: readonly { corpus: string; domain: string; pairs: number }[];
  readonly samples: readonly { pairs: number; train: number; validation: number }[];
}

/** Counts what was written. */
export async function pairFacts(database: Database, folder: string): Promise<PairFacts> {
  const from = `read_parquet(${literal(`${folder}/${pairsFile}`)}, file_row_number = true)`;
  const [all] = await database.rows(
    `SELECT count(*)::DOUBLE AS pairs, printf('%016x', coalesce(bit_xor(md5_number_lower(en || chr(9) || ko)), 0::UBIGINT)) AS fingerprint FROM ${from}`,
  );
  const [group] = await database.rows(
    'SELECT coalesce(max(size), 1)::DOUBLE AS size FROM (SELECT count(*) AS size FROM linked ANTI JOIN dropped USING (id) GROUP BY link)',
  );
  const domains = await database.rows(
    `SELECT corpus, coalesce(domain, '') AS domain, count(*)::DOUBLE AS pairs FROM ${from} GROUP BY ALL ORDER BY 3 DESC, 1, 2`,
  );
  const pairs = all!['pairs'] as number;
  const samples: { pairs: number; train: number; validation: number }[] = [];
  for (const size of sampleSizes.filter((size) => size <= pairs)) {
    const [row] = await database.rows(
      `SELECT count(*)::DOUBLE AS validation FROM ${from} WHERE file_row_number < ${size} AND split_key < ${validationFraction}`,
    );
    const validation = row!['validation'] as number;
    samples.push({ pairs: size, train: size - validation, validation });
  }
  return {
    pairs,
    fingerprint: all!['fingerprint'] as string,
    largestGroup: pairs === 0 ? 0 : (group!['size'] as number),
    domains: domains as unknown as PairFacts['domains'],
    samples,
  };
}
