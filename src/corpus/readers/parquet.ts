/**
 * Reads Parquet files through the engine.
 */
import { CorpusError } from '../../errors.ts';
import { type Database, identifier, numberedParquet, openDatabase } from '../duckdb.ts';
import { onDisk } from '../sources/content.ts';
import type { StoredFile } from '../sources/storedFile.ts';
import type { RawRow, ReadOptions, ReadRows } from './reader.ts';
import { rawRow } from './records.ts';

async function withEngine<Result>(
  file: StoredFile,
  options: ReadOptions,
  use: (database: Database, source: string) => AsyncGenerator<Result, void, void>,
): Promise<AsyncGenerator<Result, void, void>> {
  const path = await onDisk(file, options.scratch);
  const database = await openDatabase({ threads: 1, memory: 256, scratch: options.scratch });
  return (async function* () {
    try {
      yield* use(database, numberedParquet(path));
    } catch (error) {
      if (error instanceof CorpusError || !(error instanceof Error)) throw error;
      const why = error.message.split('\n')[0];
      throw new CorpusError(`${file.path} is damaged: ${why}.`, 'Download or write it again.', {
        cause: error,
      });
    } finally {
      database.close();
    }
  })();
}

/** Names of the columns; those of structs as `translation.ko`. */
export async function parquetColumns(file: StoredFile, options: ReadOptions): Promise<string[]> {
  const names: string[] = [];
  const columns = await withEngine(file, options, async function* (database, source) {
    for (const { column_name, column_type } of await database.rows(`DESCRIBE SELECT * FROM ${source}`)) {
      const inner = /^STRUCT\((.*)\)$/.exec(String(column_type))?.[1];
      const fields =
        inner === undefined ? [] : [...inner.matchAll(/"?(\w+)"? VARCHAR/g)].map((match) => match[1]!);
      if (fields.length === 0) yield String(column_name);
      for (const field of fields) yield `${column_name}.${field}`;
    }
  });
  for await (const name of columns) names.push(name);
  return names.filter((name) => name !== 'file_row_number');
}

export const readParquet: ReadRows = async function* (table, options) {
  const { ko, en, domain } = table.columns;
  const column = (name: string) => name.split('.').map(identifier).join('.');
  const wanted = [column(ko), column(en), domain === undefined ? 'NULL' : `${column(domain)}::VARCHAR`].join(
    ', ',
  );
  const file = table.files[0]!;
  const batches = await withEngine<RawRow[]>(file, options, async function* (database, source) {
    let row = 0;
    for await (const [kos, ens, domains] of database.columns(
      `SELECT ${wanted} FROM ${source} ORDER BY file_row_number`,
    )) {
      yield kos!.map((ko, i) => rawRow(++row, ko, ens![i], domains![i]));
    }
  });
  yield* batches;
  options.onBytes?.(table.size);
};
