/**
 * Rows of a part on their way to the disk: collected in the engine, written as Parquet files of a size that fits in
 * memory. Knows what columns mean only as far as their hashes.
 */
import { join } from 'node:path';
import { type Database, literal, type TableAppender } from '../duckdb.ts';

export interface SinkPlace {
  /** Names the files. */
  readonly key: string;
  readonly folder: string;
  /** Place of the table among all: the upper half of its rows' ids. */
  readonly ordinal: number;
  readonly corpus: string;
  /** The table's path; also the file of rows that name none. */
  readonly source: string;
}

export interface SinkKind {
  readonly name: string;
  /** Columns of a row in order, as SQL declares them; the first four are those of its place. */
  readonly columns: string;
  /** What is written of a row, beside its id and where it is from. */
  readonly written: string;
}

const place = 'n INTEGER, path VARCHAR, row INTEGER, domain VARCHAR';

/** Rows that may become pairs. Texts that are equal, or equal when normalised, are told by 64 bits of their MD5. */
export const candidateSink: SinkKind = {
  name: 'candidates',
  columns: `${place}, ko VARCHAR, en VARCHAR, ko_norm VARCHAR, en_norm VARCHAR,
    teacher_en USMALLINT, teacher_ko USMALLINT, student_en USMALLINT, student_ko USMALLINT`,
  written: `ko, en, teacher_en, teacher_ko, student_en, student_ko,
    md5_number_lower(en || chr(9) || ko) AS pair_key, md5_number_lower(ko_norm) AS ko_key,
    md5_number_lower(en_norm) AS en_key`,
};

export const rejectedSink: SinkKind = {
  name: 'rejected',
  columns: `${place}, reason VARCHAR, problem VARCHAR, ko VARCHAR, en VARCHAR`,
  written: 'reason, problem, ko, en',
};

export interface Sink extends Pick<TableAppender, 'append'> {
  /** Writes a file when enough rows wait. */
  settle(): Promise<void>;
  /** Writes the rest; names of all files, of which there is at least one. */
  end(): Promise<readonly string[]>;
}

/** Rows that a file holds, about. */
const rowsAFile = 100_000;

export async function openSink(
  database: Database,
  kind: SinkKind,
  { key, folder, ordinal, corpus, source }: SinkPlace,
): Promise<Sink> {
  await database.run(`CREATE TABLE ${kind.name} (${kind.columns})`);
  const files: string[] = [];
  let appender = await database.appender(kind.name);
  let waiting = 0;
  const write = async () => {
    appender.flush();
    appender.close();
    const file = `${key}-${kind.name}-${files.length}.parquet`;
    await database.run(`COPY (
      SELECT (${ordinal}::UBIGINT << 32) | n::UBIGINT AS id, ${literal(corpus)} AS corpus, domain,
        ${literal(source)} AS source, coalesce(path, ${literal(source)}) AS file, row, ${kind.written}
      FROM ${kind.name}) TO ${literal(join(folder, file))} (FORMAT parquet, COMPRESSION lz4_raw)`);
    files.push(file);
    await database.run(`TRUNCATE ${kind.name}`);
    appender = await database.appender(kind.name);
    waiting = 0;
  };
  return {
    append(row) {
      waiting++;
      appender.append(row);
    },
    async settle() {
      if (waiting >= rowsAFile) await write();
    },
    async end() {
      if (waiting > 0 || files.length === 0) await write();
      appender.close();
      return files;
    },
  };
}
