/**
 * A store of pairs, as `buildCorpus` writes it: read in the order of sampling, browsed and searched.
 *
 * Knows no training: which pairs are for what is said by `splitKey`.
 */
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBValue } from '@duckdb/node-api';
import { readJsonObject } from '../checkpoint/json.ts';
import { CorpusError } from '../errors.ts';
import { type Database, literal, numberedParquet, openDatabase } from './duckdb.ts';
import { pairsFile, rejectedFile, reportFile } from './layout.ts';
import type { Pair } from './pairs.ts';
import type { Reason } from './reasons.ts';
import type { CorpusReport } from './report/corpusReport.ts';

export interface PairOrigin {
  readonly corpus: string;
  readonly domain: string | null;
  /** The file it stood in, and where in it, counted from 1. */
  readonly file: string;
  readonly row: number;
}

export interface StoredPair extends Pair, PairOrigin {
  /** Lengths in tokens of the teacher, and of the student if the store was built with its tokenizer. */
  readonly teacherTokens: { readonly en: number; readonly ko: number };
  readonly studentTokens: { readonly en: number; readonly ko: number } | undefined;
}

export interface RejectedRow extends PairOrigin {
  readonly reason: Reason;
  /** What was wrong with a row that could not be read. */
  readonly problem: string | null;
  /** As the file had them; null where nothing stood. */
  readonly en: string | null;
  readonly ko: string | null;
}

/** Which rows; those of all fields. */
export interface Search {
  /** Stands in either side, whatever the case. */
  readonly text?: string;
  readonly corpus?: string;
  readonly domain?: string;
  /** Most rows to give. */
  readonly limit: number;
  /** Rows of the answer to leave out first. */
  readonly skip?: number;
  /** Draws at random, the same rows for the same seed; without it the order is that of the store. */
  readonly seed?: number;
}

/** Pairs in columns, [rows] each. */
export interface PairBatch {
  readonly en: readonly string[];
  readonly ko: readonly string[];
  /** In [0, 1), the same for pairs that hang together: those below a fraction are a validation part of that size. */
  readonly splitKey: readonly number[];
}

export interface CorpusStore {
  readonly folder: string;
  readonly report: CorpusReport;
  /** The first `count` pairs in the order of sampling, or all: a sample, and the beginning of every larger one. */
  pairs(count?: number): AsyncGenerator<PairBatch, void, void>;
  /**
   * The `count` pairs of the lowest split keys: every run with a validation part of at least that size sets them aside, and no
   * sentence of theirs stands among those that it learns from.
   */
  heldOut(count: number): Promise<StoredPair[]>;
  find(search: Search): Promise<StoredPair[]>;
  findRejected(search: Search & { readonly reason?: Reason }): Promise<RejectedRow[]>;
  close(): void;
}

/** Whether a folder looks like a store. */
export async function isStore(folder: string): Promise<boolean> {
  return stat(join(folder, pairsFile)).then(
    (file) => file.isFile(),
    () => false,
  );
}

/** Throws CorpusError if the folder holds no store, or one that is damaged. */
export async function openStore(folder: string): Promise<CorpusStore> {
  if (!(await isStore(folder))) {
    throw new CorpusError(`${folder} is no corpus.`, 'Make one: ksd corpus build <files> --out <folder>.');
  }
  const report = (await readJsonObject(join(folder, reportFile))) as unknown as CorpusReport;
  const database = await openDatabase({ threads: 2, memory: 512, scratch: join(tmpdir(), 'ksd-corpus') });
  const pairs = numberedParquet(join(folder, pairsFile));
  const rejected = numberedParquet(join(folder, rejectedFile));
  await checkCount(database, folder, pairs, report).catch((error) => {
    database.close();
    throw error;
  });
  return {
    folder,
    report,
    async *pairs(count) {
      const some = count === undefined ? '' : `WHERE file_row_number < ${count}`;
      const sql = `SELECT en, ko, split_key FROM ${pairs} ${some} ORDER BY file_row_number`;
      for await (const [en, ko, splitKey] of database.columns(sql)) {
        yield { en, ko, splitKey } as unknown as PairBatch;
      }
    },
    heldOut: async (count) =>
      (await database.rows(`SELECT * FROM ${pairs} ORDER BY split_key, file_row_number LIMIT ${count}`)).map(
        storedPair,
      ),
    find: async (search) =>
      (await database.rows(`SELECT * FROM ${pairs} ${clauses(search)}`)).map(storedPair),
    findRejected: async (search) => {
      const wanted = search.reason === undefined ? [] : [`reason = ${literal(search.reason)}`];
      const rows = await database.rows(
        `SELECT reason, problem, ko, en, corpus, domain, file, row FROM ${rejected} ${clauses(search, wanted)}`,
      );
      return rows as unknown as RejectedRow[];
    },
    close: () => database.close(),
  };
}

async function checkCount(
  database: Database,
  folder: string,
  pairs: string,
  report: CorpusReport,
): Promise<void> {
  const path = join(folder, pairsFile);
  const [row] = await database
    .rows(`SELECT count(*)::DOUBLE AS count FROM ${pairs}`)
    .catch((cause: Error) => {
      throw new CorpusError(
        `${path} is damaged: ${cause.message.split('\n')[0]}.`,
        'Build the corpus again.',
        { cause },
      );
    });
  if (row?.['count'] === report.pairs) return;
  throw new CorpusError(
    `${path} has ${row?.['count']} pairs, its report says ${report.pairs}.`,
    'Build the corpus again.',
  );
}

function clauses(
  { text, corpus, domain, limit, skip = 0, seed }: Search,
  more: readonly string[] = [],
): string {
  const conditions = [...more];
  if (text !== undefined) {
    const needle = literal(text.normalize('NFC').toLowerCase());
    conditions.push(`(contains(lower(ko), ${needle}) OR contains(lower(en), ${needle}))`);
  }
  if (corpus !== undefined) conditions.push(`corpus = ${literal(corpus)}`);
  if (domain !== undefined) conditions.push(`domain = ${literal(domain)}`);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const order = seed === undefined ? 'file_row_number' : `hash(file_row_number, ${seed}), file_row_number`;
  return `${where} ORDER BY ${order} LIMIT ${limit} OFFSET ${skip}`;
}

function storedPair(row: Record<string, DuckDBValue>): StoredPair {
  const tokens = (name: string) => ({ en: row[`${name}_en`] as number, ko: row[`${name}_ko`] as number });
  return {
    en: row['en'] as string,
    ko: row['ko'] as string,
    corpus: row['corpus'] as string,
    domain: row['domain'] as string | null,
    file: row['file'] as string,
    row: row['row'] as number,
    teacherTokens: tokens('teacher'),
    studentTokens: row['student_en'] === null ? undefined : tokens('student'),
  };
}
