/**
 * One table of a corpus, read, cleaned, judged and measured: what a worker does, and what is kept of it on the disk.
 *
 * A part is Parquet files of the rows that may become pairs, others of those that do not, and, written last, a JSON
 * file that counts them: a part that has it is whole. Knows one table at a time: duplicates are found later, in all.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readJson, writeJson } from '../../checkpoint/json.ts';
import { openDatabase } from '../duckdb.ts';
import { readTable } from '../readers/read.ts';
import type { Table } from '../readers/reader.ts';
import type { Rules } from '../rules.ts';
import type { TaskOptions } from '../workers.ts';
import { type KnownTokenizers, makeSift, tokenCounter } from './sift.ts';
import { candidateSink, openSink, rejectedSink } from './sink.ts';
import { emptyTally, type Tally } from './tally.ts';

/** Plain data: it is sent to a worker. */
export interface PartJob {
  /** Changes with everything that the part depends on. */
  readonly key: string;
  readonly table: Table;
  /** Place among the tables: the upper half of its rows' ids. */
  readonly ordinal: number;
  /** Where parts are kept. */
  readonly folder: string;
  readonly scratch: string;
  readonly rules: Rules;
  readonly tokenizers: KnownTokenizers;
}

export interface Part {
  readonly ordinal: number;
  readonly table: Pick<Table, 'path' | 'format' | 'corpus'>;
  readonly tally: Tally;
  /** Names of the Parquet files in the folder. */
  readonly candidates: readonly string[];
  readonly rejected: readonly string[];
}

/** The part of `key` if it is there and whole. */
export async function findPart(folder: string, key: string): Promise<Part | undefined> {
  return readJson(join(folder, `${key}.json`)).then(
    (part) => part as Part,
    () => undefined,
  );
}

/** Names a part by what it is made from: the table, the state of its file, and all that decides about rows. */
export function partKey(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 24);
}

/** In MB. Only the rows of one file of a part wait in the engine at a time. */
const engineMemory = 192;

/**
 * Makes the part of one table. Throws CorpusError naming file and row where the table cannot be read on, and the
 * signal's reason.
 */
export async function makePart(job: PartJob, { signal, onProgress }: TaskOptions): Promise<Part> {
  const { key, table, ordinal, folder, scratch, rules } = job;
  const { path, format, corpus } = table;
  const place = { key, folder, ordinal, corpus, source: path };
  const database = await openDatabase({ threads: 1, memory: engineMemory, scratch });
  try {
    const candidates = await openSink(database, candidateSink, place);
    const rejected = await openSink(database, rejectedSink, place);
    const tally = emptyTally();
    const count = await tokenCounter(job.tokenizers);
    const sift = makeSift({ rules, count, tally, candidates, rejected });
    let bytes = 0;
    const onBytes = (read: number) => {
      bytes += read;
    };
    for await (const batch of readTable(table, { scratch, onBytes, signal })) {
      signal.throwIfAborted();
      for (const row of batch) sift(row);
      await candidates.settle();
      await rejected.settle();
      onProgress(batch.length, bytes);
      bytes = 0;
    }
    onProgress(0, bytes);
    const files = { candidates: await candidates.end(), rejected: await rejected.end() };
    const part: Part = { ordinal, table: { path, format, corpus }, tally, ...files };
    await writeJson(join(folder, `${key}.json`), part);
    return part;
  } finally {
    database.close();
  }
}
