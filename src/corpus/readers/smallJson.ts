/**
 * Reads a set of many small JSON files: of each its record or records.
 */
import { readSmallFiles } from '../sources/smallFiles.ts';
import type { SmallFile } from '../sources/storedFile.ts';
import { problemOf } from './json.ts';
import type { RawRow, ReadRows, Table } from './reader.ts';
import { recordsIn, rowOf } from './records.ts';

export const readSmallJson: ReadRows = async function* (table, options) {
  for await (const files of readSmallFiles(table.set!, options)) {
    yield files.flatMap((file) => rowsOf(file, table));
  }
};

function rowsOf({ name, bytes, problem }: SmallFile, { path: set, columns }: Table): RawRow[] {
  const path = `${set}/${name}`;
  if (problem !== undefined) return [{ row: 1, path, problem }];
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  try {
    return recordsIn(JSON.parse(text)).map((record, i) => ({ ...rowOf(record, i + 1, columns), path }));
  } catch (error) {
    return [{ row: 1, path, problem: problemOf(error), raw: text.slice(0, 1000) }];
  }
}
