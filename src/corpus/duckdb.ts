/**
 * The embedded engine behind the store: DuckDB, which sorts, joins and groups more rows than fit in memory.
 *
 * Knows SQL as text only: what is asked is its callers' concern.
 */
import type * as DuckDB from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';

export interface DatabaseOptions {
  readonly threads: number;
  /** Most memory for tables and joins, in MB; what needs more goes to `scratch`. */
  readonly memory: number;
  readonly scratch: string;
}

export interface Database {
  run(sql: string): Promise<void>;
  /** All rows, as objects. */
  rows(sql: string): Promise<Record<string, DuckDBValue>[]>;
  /** Rows in batches, each an array of columns: for results of any length. */
  columns(sql: string): AsyncGenerator<readonly (readonly DuckDBValue[])[], void, void>;
  /** Begins to fill a table that is there. */
  appender(table: string): Promise<TableAppender>;
  /** Stops the statement that runs, if one does: it throws. */
  interrupt(): void;
  close(): void;
}

/** Rows that are collected and handed over in chunks of the engine's own size. */
export interface TableAppender {
  append(row: readonly DuckDBValue[]): void;
  /** Hands over what is left. */
  flush(): void;
  close(): void;
}

export async function openDatabase({ threads, memory, scratch }: DatabaseOptions): Promise<Database> {
  // The engine takes a tenth of a second to load: commands that need no corpus do not wait for it.
  const duckdb = await import('@duckdb/node-api');
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${memory}MB`,
    temp_directory: scratch,
    // Our own ORDER BY says which order counts; keeping any other costs memory.
    preserve_insertion_order: 'false',
    // Everything that is used is built in; nothing is ever downloaded.
    autoinstall_known_extensions: 'false',
  });
  const connection = await instance.connect();
  return {
    run: async (sql) => void (await connection.run(sql)),
    rows: async (sql) =>
      (await connection.runAndReadAll(sql)).getRowObjects() as Record<string, DuckDBValue>[],
    async *columns(sql) {
      const result = await connection.stream(sql);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk.getColumns();
      }
    },
    appender: async (table) => chunkAppender(duckdb, await connection.createAppender(table)),
    interrupt: () => connection.interrupt(),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** The engine's vectors hold this many values. */
const chunkRows = 2048;

function chunkAppender(duckdb: typeof DuckDB, appender: DuckDB.DuckDBAppender): TableAppender {
  const types = Array.from({ length: appender.columnCount }, (_, i) => appender.columnType(i));
  const columns: DuckDBValue[][] = types.map(() => []);
  const handOver = () => {
    const count = columns[0]!.length;
    if (count === 0) return;
    const chunk = duckdb.DuckDBDataChunk.create(types, count);
    chunk.setColumns(columns);
    appender.appendDataChunk(chunk);
    for (const column of columns) column.length = 0;
  };
  return {
    append(row) {
      for (let i = 0; i < columns.length; i++) columns[i]!.push(row[i]!);
      if (columns[0]!.length === chunkRows) handOver();
    },
    flush() {
      handOver();
      appender.flushSync();
    },
    close: () => appender.closeSync(),
  };
}

/** `text` as a literal of SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `name` as an identifier of SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The rows of some Parquet files as a table of SQL. */
export function parquet(paths: readonly string[]): string {
  return `read_parquet([${paths.map(literal).join(', ')}])`;
}

/** The rows of one Parquet file, with their place in it, from 0, as `file_row_number`. */
export function numberedParquet(path: string): string {
  return `read_parquet(${literal(path)}, file_row_number = true)`;
}
