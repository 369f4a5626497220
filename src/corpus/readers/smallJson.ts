/**
 * Reads a set of many small JSON files: of each its record or records.
 */
import { readSmallFiles } from '../sources/smallFiles.ts';
import type { SmallFile } from '../sources/storedFile.ts';
import type { RawRow, ReadRows, Table } from './reader.ts';
import { jsonRows } from './records.ts';

export const readSmallJson: ReadRows = async function* (table, options) {
  for await (const files of readSmallFiles(table.set!, options)) {
    yield files.flatMap((file) => rowsOf(file, table));
  }
};

function rowsOf({ name, bytes, problem }: SmallFile, { path: set, columns }: Table): RawRow[] {
  const path = `${set}/${name}`;
  if (problem !== undefined) return [{ row: 1, path, problem }];
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  return jsonRows(text, columns, (i) => i + 1).map((row) => ({ ...row, path }));
}
