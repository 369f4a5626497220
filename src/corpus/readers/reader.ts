/**
 * What a reader of a format is, and the rows and tables it speaks of.
 */
import type { SmallFileSet, StoredFile } from '../sources/storedFile.ts';

export const formatNames = [
  'jsonl',
  'json',
  'small-json',
  'csv',
  'tsv',
  'xlsx',
  'parquet',
  'moses',
  'tmx',
] as const;
export type FormatName = (typeof formatNames)[number];

/** A row as its file has it, before any cleaning. */
export interface RawRow {
  /**
   * Where it stands, counted from 1: the row of a sheet, the record of a CSV (the header is record 1) or of a JSON
   * array, the line of a text, the translation unit of a TMX; 1 for each of many small files.
   */
  readonly row: number;
  /** The file that it stands in, where a table is made of many. */
  readonly path?: string;
  /** Whatever stands there: text, a number, null; undefined where nothing does. */
  readonly ko?: unknown;
  readonly en?: unknown;
  readonly domain?: string;
  /** Why it could not be read, though the rest of the file could: ko and en are then missing. */
  readonly problem?: string;
  /** With `problem`: the beginning of what stands there, at most 1,000 characters. */
  readonly raw?: string;
}

/** Pairs in one file, in two files that belong together, or in many small ones: plain data that a worker can be given. */
export interface Table {
  /** Names it in reports and in the store: that of its (Korean) file or of its set. */
  readonly path: string;
  readonly format: FormatName;
  /** `aihub-126`, `aihub-124`, `aihub-125`, `aihub-71382`...; for anything else the name of the file without its ending. */
  readonly corpus: string;
  /** One; for `moses` the Korean and the English one; none for `small-json`. */
  readonly files: readonly StoredFile[];
  readonly set?: SmallFileSet;
  /** Names of the columns or keys that hold them, where the format has any. */
  readonly columns: Columns;
  /** Bytes to read: what progress is measured by. */
  readonly size: number;
}

export interface Columns {
  readonly ko: string;
  readonly en: string;
  readonly domain?: string;
}

export interface ReadOptions {
  /** A folder for what must be unpacked; its owner removes it. */
  readonly scratch: string;
  readonly signal?: AbortSignal;
  /** Told of every stretch of stored bytes that was read: what progress counts. */
  readonly onBytes?: (count: number) => void;
}

/**
 * The rows of a table in batches of any size, in the order of the file, none left out: a row that cannot be read
 * comes with its `problem`. Memory stays flat however long the file is.
 * Throws CorpusError naming the file and the row where the rest of it cannot be read either.
 */
export type ReadRows = (table: Table, options: ReadOptions) => AsyncGenerator<readonly RawRow[], void, void>;
