/**
 * Measures of states and of conditioning as tables of text.
 */
import type { ConditioningEvaluation } from './evaluateConditioning.ts';
import { setText } from './evaluationTable.ts';
import { percentWithInterval, withInterval } from './interval.ts';
import type { Recall, StatesEvaluation, StatesGroup, StatesRow } from './states.ts';
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
    r2.all ? withInterval(r2.all, 3, 2) : '-',
    ...[r2.start, r2.content, r2.afterEnd].map((part) => (part ? part.mean.toFixed(3) : '-')),
    cosine.mean.toFixed(3),
    ...([1, 5, 10] as const).map((k) => found(toTeacher, k)),
    found(fromTeacher, 1),
  ];
}

/**
 * A line for each length of sentences and, where there are several, each domain; a column for each system: translations
 * found again @1, and what is explained (R2).
 */
export function groupsTable({ rows }: Pick<StatesEvaluation, 'rows'>): Table {
  const groups = new Map(
    rows.flatMap((row) => row.groups.map((group): [string, StatesGroup] => [groupName(group), group])),
  );
  const lines = [...groups].map(([name, { n }]) => {
    const cells = rows.map((row) => {
      const own = row.groups.find((group) => groupName(group) === name);
      return own ? `${percentWithInterval(own.found)}, R2 ${own.r2.mean.toFixed(2)}` : '';
    });
    return [name, String(n), ...cells];
  });
  return { header: ['found @1', 'n', ...rows.map(({ system }) => system)], rows: lines };
}

function groupName({ by, name }: StatesGroup): string {
  return by === 'length' ? `tokens ${name}` : `domain ${name}`;
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
      return found ? percentWithInterval(found.recovered) : '';
    });
    return [setText(probe), String(prompts.filter((one) => one.probe === probe).length), ...cells];
  });
  const all = ['all', String(prompts.length), ...rows.map(({ recovered }) => percentWithInterval(recovered))];
  return { header: ['condition left', 'n', ...rows.map(({ system }) => system)], rows: [...lines, all] };
}
