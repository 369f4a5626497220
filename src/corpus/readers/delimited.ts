/**
 * Reads CSV, with quotes as RFC 4180 has them, and TSV, in which a quote is a character like any other.
 *
 * The first record names the columns; a file of two columns without names is read too, `table.columns` then being
 * `headless`.
 */
import type { StoredFile } from '../sources/storedFile.ts';
import { type CsvRecord, type CsvRecords, splitRecords } from './csvRecords.ts';
import type { Columns, RawRow, ReadOptions, ReadRows } from './reader.ts';
import { linesOf } from './text.ts';

/** Columns of a file without names: their places. */
export function headless(ko: 0 | 1): Columns {
  return { ko: `#${ko}`, en: `#${1 - ko}` };
}

export const readCsv: ReadRows = (table, options) =>
  readRecords(table.files[0]!, table.columns, splitRecords(','), options);

export const readTsv: ReadRows = (table, options) =>
  readRecords(table.files[0]!, table.columns, tsvRecords(), options);

async function* readRecords(
  file: StoredFile,
  columns: Columns,
  records: CsvRecords,
  options: ReadOptions,
): AsyncGenerator<readonly RawRow[], void, void> {
  let places = columns.ko.startsWith('#') ? placesOf(columns, ['#0', '#1']) : undefined;
  let row = 0;
  const rowsOf = (found: readonly CsvRecord[]): RawRow[] =>
    found.flatMap((record): RawRow[] => {
      row++;
      if ('problem' in record) return [{ row, ...record }];
      if (places !== undefined) return [rowOf(record.cells, row, places)];
      places = placesOf(
        columns,
        record.cells.map((name) => name.trim()),
      );
      return [];
    });
  for await (const lines of linesOf(file, options)) yield rowsOf(records.push(lines));
  yield rowsOf(records.end());
}

interface Places {
  readonly ko: number;
  readonly en: number;
  readonly domain: number;
}

function placesOf({ ko, en, domain }: Columns, names: readonly string[]): Places {
  return {
    ko: names.indexOf(ko),
    en: names.indexOf(en),
    domain: domain === undefined ? -1 : names.indexOf(domain),
  };
}

function rowOf(cells: readonly string[], row: number, { ko, en, domain }: Places): RawRow {
  const named = domain < 0 ? undefined : cells[domain];
  return { row, ko: cells[ko], en: cells[en], ...(named === undefined ? {} : { domain: named }) };
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
