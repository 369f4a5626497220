/**
 * Reads CSV, with quotes as RFC 4180 has them, and TSV, in which a quote is a character like any other.
 *
 * The first record names the columns; a file of two columns without names is read too, `table.columns` then being
 * `headless`.
 */
import type { StoredFile } from '../sources/storedFile.ts';
import { type CsvRecord, type CsvRecords, splitRecords } from './csvRecords.ts';
import type { Columns, RawRow, ReadOptions, ReadRows } from './reader.ts';
import { placesOf, rawRow } from './records.ts';
import { linesOf } from './text.ts';

/** Columns of a file without names: their places. */
export function headless(ko: 0 | 1): Columns {
  return { ko: `#${ko}`, en: `#${1 - ko}` };
}

export const readCsv: ReadRows = (table, options) =>
  readRecords(table.files[0]!, table.columns, splitRecords(), options);

export const readTsv: ReadRows = (table, options) =>
  readRecords(table.files[0]!, table.columns, tsvRecords(), options);

async function* readRecords(
  file: StoredFile,
  columns: Columns,
  records: CsvRecords,
  options: ReadOptions,
): AsyncGenerator<readonly RawRow[], void, void> {
  let places = columns.ko.startsWith('#')
    ? placesOf(columns, (name) => ['#0', '#1'].indexOf(name))
    : undefined;
  let row = 0;
  const rowsOf = (found: readonly CsvRecord[]): RawRow[] =>
    found.flatMap((record): RawRow[] => {
      row++;
      if ('problem' in record) return [{ row, ...record }];
      const { cells } = record;
      if (places !== undefined)
        return [rawRow(row, cells[places.ko], cells[places.en], cells[places.domain])];
      const names = cells.map((name) => name.trim());
      places = placesOf(columns, (name) => names.indexOf(name));
      return [];
    });
  for await (const lines of linesOf(file, options)) yield rowsOf(records.push(lines));
  yield rowsOf(records.end());
}

function tsvRecords(): CsvRecords {
  let width: number | undefined;
  return {
    push: (lines) =>
      lines.flatMap((line): CsvRecord[] => {
        if (line === '') return [];
        const cells = line.split('\t');
        width ??= cells.length;
        if (cells.length === width) return [{ cells }];
        return [
          { problem: `it has ${cells.length} cells, the first line ${width}`, raw: line.slice(0, 1000) },
        ];
      }),
    end: () => [],
  };
}
