/**
 * Reads a JSON file of any length: an array of records, an object that has one, or a single record.
 */
import { CorpusError } from '../../errors.ts';
import { splitElements } from './elements.ts';
import type { RawRow, ReadRows, Table } from './reader.ts';
import { recordsIn, rowOf } from './records.ts';
import { textOf } from './text.ts';

export const readJsonRecords: ReadRows = async function* (table, options) {
  const [file] = table.files;
  const elements = splitElements();
  let row = 0;
  const rowsOf = (texts: readonly string[]): RawRow[] =>
    texts.flatMap((text) => {
      const rows = parseElement(text, row, table);
      row += rows.length;
      return rows;
    });
  for await (const text of textOf(file!, options)) yield rowsOf(elements.push(text));
  const { elements: last, whole } = elements.end();
  yield rowsOf(last);
  if (whole) return;
  throw new CorpusError(
    `${table.path} ends in the middle, in or after record ${row + 1}.`,
    'It was cut off: download or unpack it again.',
  );
};

/** The rows of an element, of which `before` came before. */
function parseElement(text: string, before: number, { columns }: Table): RawRow[] {
  try {
    return recordsIn(JSON.parse(text)).map((record, i) => rowOf(record, before + i + 1, columns));
  } catch (error) {
    return [{ row: before + 1, problem: problemOf(error), raw: text.slice(0, 1000) }];
  }
}

/** JSON's complaint without the text that it quotes. */
export function problemOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `it is not valid JSON: ${message.replace(/,? \.{0,3}".*$/su, '')}`;
}
