/**
 * Reads the first sheet of an Excel file row by row.
 */
import { SaxesParser } from 'saxes';
import { CorpusError } from '../../../errors.ts';
import type { StoredFile } from '../../sources/storedFile.ts';
import type { RawRow, ReadOptions, ReadRows } from '../reader.ts';
import { type Places, placesOf, rawRow } from '../records.ts';
import { noStrings, readSharedStrings, type SharedStrings, unescaped } from './strings.ts';
import { feedXml, openWorkbook, type Workbook } from './workbook.ts';

/** A cell as the sheet has it: shared strings are not looked up yet. */
interface Cell {
  /** Counted from 0. */
  readonly column: number;
  /** `s` for a shared string, `n` for a number, and others. */
  readonly type: string;
  readonly value: string;
}

interface SheetRow {
  /** As the sheet counts, from 1. */
  readonly number: number;
  readonly cells: readonly Cell[];
}

/** Names in the first row of the first sheet, trimmed; '' for an empty cell. Throws CorpusError for no Excel file. */
export async function headersOfXlsx(file: StoredFile, options: ReadOptions): Promise<readonly string[]> {
  const workbook = await openWorkbook(file, options);
  for await (const rows of sheetRows(workbook, options)) {
    const [header] = rows;
    if (header === undefined) continue;
    const named = header.cells.filter(({ type }) => type === 's').map(({ value }) => Number(value));
    const strings = await stringsOf(workbook, options, Math.max(0, ...named) + 1);
    try {
      return headerNames(header, strings);
    } finally {
      strings.close();
    }
  }
  return [];
}

export const readXlsx: ReadRows = async function* (table, options) {
  const workbook = await openWorkbook(table.files[0]!, options);
  const strings = await stringsOf(workbook, options);
  try {
    let places: Places | undefined;
    for await (const rows of sheetRows(workbook, options)) {
      const batch: RawRow[] = [];
      for (const row of rows) {
        if (places === undefined) {
          const names = headerNames(row, strings);
          // Of columns of one name the last counts: AI Hub's texts stand at the end.
          places = placesOf(table.columns, (name) => names.lastIndexOf(name));
        } else batch.push(sheetRow(row, places, strings));
      }
      yield batch;
    }
  } finally {
    strings.close();
  }
};

async function stringsOf(
  { strings }: Workbook,
  options: ReadOptions,
  enough?: number,
): Promise<SharedStrings> {
  return strings === undefined ? noStrings : readSharedStrings(strings, options, enough);
}

function headerNames({ cells }: SheetRow, strings: SharedStrings): string[] {
  const names: string[] = [];
  for (const cell of cells) names[cell.column] = String(cellValue(cell, strings) ?? '').trim();
  return Array.from(names, (name) => name ?? '');
}

function sheetRow({ number, cells }: SheetRow, places: Places, strings: SharedStrings): RawRow {
  let ko: unknown;
  let en: unknown;
  let domain: unknown;
  for (const cell of cells) {
    if (cell.column === places.ko) ko = cellValue(cell, strings);
    else if (cell.column === places.en) en = cellValue(cell, strings);
    else if (cell.column === places.domain) domain = cellValue(cell, strings);
  }
  if (ko === unknownString || en === unknownString) {
    return { row: number, problem: 'a cell names a string that the workbook does not have' };
  }
  return rawRow(number, ko, en, domain);
}

const unknownString = Symbol('no such string');

function cellValue({ type, value }: Cell, strings: SharedStrings): unknown {
  switch (type) {
    case 's':
      return strings.get(Number(value)) ?? unknownString;
    case 'str':
    case 'inlineStr':
      return unescaped(value);
    case 'b':
      return value === '1';
    case 'e':
      return undefined;
    default:
      return value === '' ? undefined : Number(value);
  }
}

/** The rows of the sheet in batches. Throws CorpusError naming file and row where the sheet is damaged. */
async function* sheetRows(
  { path, sheet }: Workbook,
  options: ReadOptions,
): AsyncGenerator<SheetRow[], void, void> {
  let rows: SheetRow[] = [];
  let last = 0;
  const parser = rowParser((row) => {
    last = row.number;
    rows.push(row);
  });
  try {
    for await (const _ of feedXml(parser, sheet, options, () => `${path}, after row ${last},`)) {
      if (rows.length > 0) yield rows;
      rows = [];
    }
  } catch (error) {
    if (!(error instanceof CorpusError) || error.message.startsWith(`${path}, after row`)) throw error;
    throw new CorpusError(`${path} is damaged after row ${last}: ${error.problem}`, error.remedy, {
      cause: error,
    });
  }
}

function rowParser(found: (row: SheetRow) => void): SaxesParser<{ xmlns: false }> {
  const parser = new SaxesParser({ xmlns: false });
  let number = 0;
  let cells: Cell[] = [];
  let column = -1;
  let type = 'n';
  let value = '';
  let inValue = false;
  parser.on('opentag', ({ name, attributes }) => {
    const { r, t } = attributes as Record<string, string | undefined>;
    if (name === 'row') {
      number = r === undefined ? number + 1 : Number(r);
      cells = [];
      column = -1;
    } else if (name === 'c') {
      column = r === undefined ? column + 1 : columnOf(r);
      type = t ?? 'n';
      value = '';
    } else if (name === 'v' || name === 't') inValue = true;
  });
  parser.on('text', (text) => {
    if (inValue) value += text;
  });
  parser.on('closetag', ({ name }) => {
    if (name === 'v' || name === 't') inValue = false;
    else if (name === 'c') {
      if (value !== '' || type === 'inlineStr') cells.push({ column, type, value });
    } else if (name === 'row') found({ number, cells });
  });
  return parser;
}

/** `A1` is 0, `AA1` is 26. */
function columnOf(reference: string): number {
  let column = 0;
  for (let i = 0; i < reference.length; i++) {
    const letter = reference.charCodeAt(i) - 64;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
  }
  return column - 1;
}
