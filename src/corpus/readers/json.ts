/**
 * Reads a JSON file of any length: an array of records, an object that has one, or a single record.
 */
import { CorpusError } from '../../errors.ts';
import { splitElements } from './elements.ts';
import type { RawRow, ReadRows } from './reader.ts';
import { jsonRows } from './records.ts';
import { textOf } from './text.ts';

export const readJsonRecords: ReadRows = async function* (table, options) {
  const [file] = table.files;
  const elements = splitElements();
  let row = 0;
  const rowsOf = (texts: readonly string[]): RawRow[] =>
    texts.flatMap((text) => {
      const before = row;
      const rows = jsonRows(text, table.columns, (i) => before + i + 1);
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
