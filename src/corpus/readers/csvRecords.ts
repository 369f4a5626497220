/**
 * Cuts the lines of a CSV (RFC 4180) into records, so that a broken quote costs one line and not the rest of the file.
 *
 * A record whose quotes do not pair goes on in the next line. One that goes on for too long, or that then has not as many
 * cells as the header, is no record with line breaks but a line with a broken quote: that line is given up, and reading
 * goes on with the next one. What the cells are is csv-parse's to say.
 */
import { parse } from 'csv-parse/sync';

export type CsvRecord =
  | { readonly cells: readonly string[] }
  /** A line that is no record. */
  | { readonly problem: string; readonly raw: string };

/** Records end within so many lines. */
const mostLines = 200;

export interface CsvRecords {
  /** Records that these lines, without their ends, complete. */
  push(lines: readonly string[]): CsvRecord[];
  /** What the last lines are. */
  end(): CsvRecord[];
}

export function splitRecords(): CsvRecords {
  /** Cells of a record; undefined until the first record, the header, has told. */
  let cells: number | undefined;
  let waiting: string[] = [];

  const take = (final: boolean): CsvRecord[] => {
    const found: CsvRecord[] = [];
    let whole: string[] = [];
    let at = 0;
    const settle = () => {
      for (const record of parseLines(whole)) found.push(record);
      whole = [];
    };
    while (at < waiting.length) {
      const length = recordLength(waiting, at);
      if (length === 1 && cells !== undefined) {
        whole.push(waiting[at]!);
        at++;
        continue;
      }
      if (length === undefined && !final && waiting.length - at <= mostLines) break;
      settle();
      const record = length === undefined ? undefined : parseOne(waiting.slice(at, at + length).join('\n'));
      if (record !== undefined && 'cells' in record) {
        cells ??= record.cells.length;
        found.push(record);
        at += length!;
      } else {
        found.push({ problem: record?.problem ?? 'a quote is not closed', raw: waiting[at]!.slice(0, 1000) });
        at++;
      }
    }
    settle();
    waiting = waiting.slice(at);
    return found;
  };

  /** Many records of one line each, at once. */
  const parseLines = (lines: readonly string[]): CsvRecord[] => {
    if (lines.length === 0) return [];
    try {
      const rows = parseText(lines.join('\n'));
      // Blank lines are left out by the parser.
      if (rows.length === lines.length && rows.every((row) => row.length === cells)) {
        return rows.map((row) => ({ cells: row }));
      }
    } catch {
      // One of them is broken: below.
    }
    return lines.flatMap((line) => (line.trim() === '' ? [] : [parseOne(line)]));
  };

  const parseOne = (text: string): CsvRecord => {
    const raw = text.slice(0, 1000);
    try {
      const [row, ...more] = parseText(text);
      if (row === undefined || more.length > 0) return { problem: 'a quote is not closed', raw };
      if (cells === undefined || row.length === cells) return { cells: row };
      return { problem: `it has ${row.length} cells, the header ${cells}`, raw };
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error), raw };
    }
  };

  return {
    push(lines) {
      waiting = waiting.length === 0 ? [...lines] : waiting.concat(lines);
      return take(false);
    },
    end: () => take(true),
  };
}

/** Lines that the record at `at` takes; undefined if its quotes are still open at the end of the lines. */
function recordLength(lines: readonly string[], at: number): number | undefined {
  let odd = false;
  for (let i = at; i < lines.length; i++) {
    if (hasOddQuotes(lines[i]!)) odd = !odd;
    if (!odd) return i - at + 1;
    if (i - at >= mostLines) return undefined;
  }
  return undefined;
}

function hasOddQuotes(line: string): boolean {
  let odd = false;
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

function parseText(text: string): string[][] {
  return parse(text, {
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: '\n',
  }) as string[][];
}
