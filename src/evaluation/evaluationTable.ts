/**
 * An evaluation for readers, as a full table and as one that fits on a page, and as JSON for programs.
 */
import type { Words } from '../pictures/page.ts';
import type { Evaluation, EvaluationRow } from './evaluatePictures.ts';
import { percentWithInterval } from './interval.ts';
import { type Table, type TableOptions, textTable } from './textTable.ts';

const header = ['system', 'prompts', 'n', 'right', 'object top-1', 'top-5', 'top-20', 'background'];

/**
 * One line for each system and set, shares in percent with their 95 % intervals. `right` is the right object on the
 * right background.
 */
export function formatTable(evaluation: Pick<Evaluation, 'rows'>, options?: TableOptions): string {
  const { header, rows } = picturesTable(evaluation);
  return textTable(header, rows, options);
}

/** The same as cells. */
export function picturesTable({ rows }: Pick<Evaluation, 'rows'>): Table {
  return { header, rows: rows.map(cellsOf) };
}

/**
 * Markdown with a line for each system and a column for each set, headed in Korean and English: how often the right
 * object stands on the right background, and small, the object and the background each by itself, in percent. `titles`: what
 * readers call the sets.
 */
export function formatSummary(
  { rows }: Pick<Evaluation, 'rows'>,
  titles: Readonly<Record<string, Words>>,
): string {
  const sets = [...new Set(rows.map(({ set }) => set))];
  const systems = new Map(rows.map(({ system, label }) => [system, label]));
  const lines = [...systems].map(([name, label]) => {
    const cells = sets.map((set) => {
      const row = rows.find((one) => one.system === name && one.set === set);
      return row ? summaryCell(row) : '';
    });
    return [label.replace('\n', '<br>'), ...cells];
  });
  const head = ['인코더 + 프롬프트<br>encoder + prompt', ...sets.map((set) => titleOf(titles[set], set))];
  const rule = ['---', ...sets.map(() => '---:')];
  return `${[head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

/** Korean and English. */
function titleOf(title: Words | undefined, set: string): string {
  return title ? `${title.ko}<br>${title.en}` : set;
}

/** "**92%** <sub>94 · 96</sub>": the right picture; the object and the background each by itself. */
function summaryCell({ both, top1, background }: EvaluationRow): string {
  const [picture, object, ground] = [both, top1, background].map(({ share }) => Math.round(100 * share));
  return `**${picture}%** <sub>${object} · ${ground}</sub>`;
}

function cellsOf({ system, set, n, both, top1, top5, top20, background }: EvaluationRow): string[] {
  const shares = [both, top1, top5, top20, background].map(({ share, low, high }) =>
    percentWithInterval({ mean: share, low, high }),
  );
  return [system, setText(set), String(n), ...shares];
}

/** The name of a set, or of what a prompt probes, as it stands in tables. */
export function setText(name: string): string {
  return name.replaceAll('-', ' ');
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
