/**
 * Tables for the terminal and for Markdown. Columns line up in a terminal, Hangul included.
 */
import { displayWidth, padEnd } from './width.ts';

export type Row = readonly string[];

/** Lines of a table; the first `texts` columns stand on the left, the others on the right, as numbers do. */
export function tableLines(header: Row, rows: readonly Row[], texts = 1): string[] {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => displayWidth(row[column] ?? ''))),
  );
  const line = (row: Row) =>
    widths
      .map((width, column) => aligned(row[column] ?? '', width, column >= texts))
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)];
}

/** Lines of "name  value" with the values below each other. */
export function factLines(facts: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(0, ...facts.map(([name]) => displayWidth(name)));
  return facts.map(([name, value]) => `${padEnd(name, width)}  ${value}`);
}

/** One cell of `width` columns. */
export function aligned(text: string, width: number, right: boolean): string {
  const padding = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return right ? padding + text : text + padding;
}
