/**
 * Measures of states and of conditioning as tables of text.
 */
import type { Estimate } from './bootstrap.ts';
import type { ConditioningEvaluation } from './evaluateConditioning.ts';
import type { Recall, StatesEvaluation, StatesRow } from './states.ts';
import type { Table } from './textTable.ts';

const statesHeader = [
  'system',
  'mse',
  'R2',
  'start',
  'content',
  'after end',
  'cosine',
  'found @1',
  '@5',
  '@10',
  'finds @1',
];

/**
 * A line for each system. `found`: a text of the system finds the teacher's sentence among all, in percent; `finds`: the
 * teacher's sentence finds the system's.
 */
export function statesTable({ rows }: Pick<StatesEvaluation, 'rows'>): Table {
  return { header: statesHeader, rows: rows.map(statesCells) };
}

function statesCells({ system, mse, r2, cosine, retrieval }: StatesRow): string[] {
  const { toTeacher, fromTeacher } = retrieval.tokens;
  const found = (of: Recall, k: keyof Recall) => (100 * of[k].mean).toFixed(0);
  return [
    system,
    mse.mean.toFixed(4),
    withInterval(r2.all),
    ...[r2.start, r2.content, r2.afterEnd].map((part) => (part ? part.mean.toFixed(3) : '-')),
    cosine.mean.toFixed(3),
    ...([1, 5, 10] as const).map((k) => found(toTeacher, k)),
    found(fromTeacher, 1),
  ];
}

/** A line for each probe and one for all, a column for each system: parts of the condition that are left, in percent. */
export function conditioningTable({
  rows,
  prompts,
}: Pick<ConditioningEvaluation, 'rows' | 'prompts'>): Table {
  const probes = [...new Set(prompts.map(({ probe }) => probe))];
  const lines = probes.map((probe) => {
    const cells = rows.map((row) => {
      const found = row.probes.find((one) => one.probe === probe);
      return found ? percent(found.recovered) : '';
    });
    return [probe, String(prompts.filter((one) => one.probe === probe).length), ...cells];
  });
  const all = ['all', String(prompts.length), ...rows.map(({ recovered }) => percent(recovered))];
  return { header: ['condition left', 'n', ...rows.map(({ system }) => system)], rows: [...lines, all] };
}

/** "0.912 (0.90-0.92)" */
function withInterval(estimate: Estimate | undefined): string {
  if (estimate === undefined) return '-';
  const { mean, low, high } = estimate;
  return `${mean.toFixed(3)} (${low.toFixed(2)}-${high.toFixed(2)})`;
}

/** "92 % (82-97)" */
function percent({ mean, low, high }: Estimate): string {
  const whole = (value: number) => Math.round(100 * value);
  return `${whole(mean)} % (${whole(low)}-${whole(high)})`;
}
