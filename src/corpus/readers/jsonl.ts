/**
 * Reads JSON Lines: one record a line.
 */
import type { RawRow, ReadRows } from './reader.ts';
import { jsonRows } from './records.ts';
import { linesOf } from './text.ts';

export const readJsonLinesRecords: ReadRows = async function* (table, options) {
  let row = 0;
  for await (const lines of linesOf(table.files[0]!, options)) {
    yield lines.flatMap((line): RawRow[] => {
      const at = ++row;
      return line.trim() === '' ? [] : jsonRows(line, table.columns, () => at);
    });
  }
};
