/**
 * An evaluation as a table for readers and as JSON for programs.
 */
import type { Evaluation, EvaluationRow } from './evaluatePictures.ts';
import type { Proportion } from './proportion.ts';

export interface TableOptions {
  /** `markdown` by default; `terminal` has lines and columns only. */
  readonly format?: 'markdown' | 'terminal';
  /** Columns that a text takes in a terminal; its number of characters by default, which is too few for Hangul. */
  readonly width?: (text: string) => number;
}

const header = ['system', 'prompts', 'n', 'right', 'object top-1', 'top-5', 'top-20', 'background'];

/**
 * One line for each system and set, shares in percent with their 95 % intervals. `right` is the right object on the
 * right background.
 */
export function formatTable(
  { rows }: Pick<Evaluation, 'rows'>,
  { format = 'markdown', width = (text) => [...text].length }: TableOptions = {},
): string {
  const lines = [header, ...rows.map(cellsOf)];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => width(cells[column]!))));
  const padded = lines.map((cells) =>
    cells.map((cell, column) => cell + ' '.repeat(widths[column]! - width(cell))),
  );
  const [head, ...body] = padded;
  const rule = widths.map((columns) => '-'.repeat(columns));
  const join =
    format === 'markdown'
      ? (cells: readonly string[]) => `| ${cells.join(' | ')} |`
      : (cells: readonly string[]) => cells.join('  ').trimEnd();
  return `${[head!, rule, ...body].map(join).join('\n')}\n`;
}

function cellsOf({ system, set, n, both, top1, top5, top20, background }: EvaluationRow): string[] {
  const shares = [both, top1, top5, top20, background].map(formatProportion);
  return [system, set.replaceAll('-', ' '), String(n), ...shares];
}

/** "92 % (82-97)" */
function formatProportion({ share, low, high }: Proportion): string {
  const percent = (value: number) => Math.round(100 * value);
  return `${percent(share)} % (${percent(low)}-${percent(high)})`;
}

/** What is worth keeping of an evaluation, ready for JSON: the table, and the score of each picture without its pixels. */
export function evaluationJson({ model, settings, rows, pictures }: Evaluation) {
  return {
    model,
    settings,
    rows,
    pictures: pictures.map(({ system, item, seed, score }) => ({ system, ...item, seed, ...score })),
  };
}
