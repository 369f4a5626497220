/**
 * Reads JSON Lines: one record a line.
 */
import { problemOf } from './json.ts';
import type { RawRow, ReadRows, Table } from './reader.ts';
import { recordsIn, rowOf } from './records.ts';
import { linesOf } from './text.ts';

export const readJsonLinesRecords: ReadRows = async function* (table, options) {
  let row = 0;
  for await (const lines of linesOf(table.files[0]!, options)) {
    yield lines.flatMap((line) => parseLine(line, ++row, table));
  }
};

function parseLine(line: string, row: number, { columns }: Table): RawRow[] {
  if (line.trim() === '') return [];
  try {
    return recordsIn(JSON.parse(line)).map((record) => rowOf(record, row, columns));
  } catch (error) {
    return [{ row, problem: problemOf(error), raw: line.slice(0, 1000) }];
  }
}
