/**
 * Tables of text, for a page of Markdown or for a terminal. Knows no numbers.
 */

/** A table as cells. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface TableOptions {
  /** `markdown` by default; `terminal` has lines and columns only. */
  readonly format?: 'markdown' | 'terminal';
  /** Columns that a text takes in a terminal; its number of characters by default, which is too few for Hangul. */
  readonly width?: (text: string) => number;
}

/** One line for each row, below the header and a rule. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { format = 'markdown', width = (text) => [...text].length }: TableOptions = {},
): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => width(cells[column] ?? ''))));
  const padded = lines.map((cells) =>
    widths.map((columns, column) => {
      const cell = cells[column] ?? '';
      return cell + ' '.repeat(columns - width(cell));
    }),
  );
  const [head = [], ...body] = padded;
  const rule = widths.map((columns) => '-'.repeat(columns));
  const join =
    format === 'markdown'
      ? (cells: readonly string[]) => `| ${cells.join(' | ')} |`
      : (cells: readonly string[]) => cells.join('  ').trimEnd();
  return `${[head, rule, ...body].map(join).join('\n')}\n`;
}
