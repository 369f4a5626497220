/**
 * The report as tables: cells, and text.
 */
import type { Words } from '../../pictures/page.ts';
import type { ClipScoreEvaluation } from '../clipScore.ts';
import type { ConditioningEvaluation } from '../evaluateConditioning.ts';
import type { Evaluation } from '../evaluatePictures.ts';
import { picturesTable, setText } from '../evaluationTable.ts';
import { withInterval } from '../interval.ts';
import type { LikenessEvaluation } from '../likeness.ts';
import { conditioningTable, groupsTable, statesTable } from '../measureTables.ts';
import { type Table, type TableOptions, textTable } from '../textTable.ts';
import type { MeasuredStates, SuiteReport } from './evaluationReport.ts';

export interface TitledTable extends Table {
  readonly title: Words;
}

/** What tables show of a report. */
export interface TabledReport {
  readonly states?: Pick<MeasuredStates, 'rows' | 'pairs' | 'pool'> | undefined;
  readonly suites: readonly (Pick<SuiteReport, 'name'> & {
    readonly probes?: SuiteReport['probes'] | undefined;
    readonly pictures?: Pick<Evaluation, 'rows'> | undefined;
    readonly likeness?: LikenessEvaluation | undefined;
    readonly clipScore?: ClipScoreEvaluation | undefined;
    readonly conditioning?: Pick<ConditioningEvaluation, 'rows' | 'prompts'> | undefined;
  })[];
}

/** All tables: those of each suite, then that of the states. */
export function titledTables({ states, suites }: TabledReport): TitledTable[] {
  const tables = suites.flatMap(({ name, pictures, likeness, clipScore, conditioning }) => [
    ...(pictures ? [titled(`그림: ${name}`, `pictures: ${name}`, picturesTable(pictures))] : []),
    ...(likeness
      ? [
          titled(
            `교사의 그림과 닮은 정도: ${name}`,
            `pictures like the teacher's: ${name}`,
            likenessTable(likeness),
          ),
        ]
      : []),
    ...(clipScore
      ? [
          titled(
            `CLIP 점수: ${name}, 기준 ${clipScore.clip}`,
            `CLIP score: ${name}, by ${clipScore.clip}`,
            clipScoreTable(clipScore),
          ),
        ]
      : []),
    ...(conditioning
      ? [titled(`전해진 조건: ${name}`, `conditioning: ${name}`, conditioningTable(conditioning))]
      : []),
  ]);
  if (states) {
    const { pairs, pool } = states;
    const ko = `텍스트 상태: ${pairs}, ${pool}쌍 가운데 찾기`;
    tables.push(titled(ko, `states: ${pairs}, found among ${pool}`, statesTable(states)));
    tables.push(
      titled('문장의 길이와 분야별 상태', 'states by length and domain of sentences', groupsTable(states)),
    );
  }
  return tables;
}

/** What readers call the systems and sets that stand in the tables. */
export function tableNames({ states, suites }: TabledReport): Record<string, Words> {
  const rows = suites.flatMap(({ pictures, clipScore, conditioning }) => [
    ...(pictures?.rows ?? []),
    ...(clipScore?.rows ?? []),
    ...(conditioning?.rows ?? []),
  ]);
  const systems = [...rows, ...(states?.rows ?? [])].map(({ system, label }): [string, Words] => {
    const [ko = system, en = ko] = label.split('\n');
    return [system, { ko, en }];
  });
  const probes = suites.flatMap(({ probes = {} }) =>
    Object.entries(probes).map(([probe, words]): [string, Words] => [setText(probe), words]),
  );
  return Object.fromEntries([...systems, ...probes]);
}

/** All tables as text, each below what it is about. */
export function reportTables(report: TabledReport, options: TableOptions = {}): string {
  const heading = (text: string) => (options.format === 'terminal' ? `${text}\n` : `### ${text}\n`);
  return titledTables(report)
    .flatMap(({ title, header, rows }) => [heading(title.en), textTable(header, rows, options)])
    .join('\n');
}

function titled(ko: string, en: string, table: Table): TitledTable {
  return { title: { ko, en }, ...table };
}

/** A line for each system: 100 times the cosine of picture and English prompt. */
function clipScoreTable({ rows }: ClipScoreEvaluation): Table {
  const lines = rows.map(({ system, score }) => [system, String(score.n), withInterval(score, 1)]);
  return { header: ['system', 'n', 'CLIP score'], rows: lines };
}

/** A line for each system, and one for what pictures of different prompts differ by. */
function likenessTable({ to, chance, rows }: LikenessEvaluation): Table {
  const lines = rows.map(({ system, distance }) => [
    system,
    String(distance.n),
    withInterval(distance, 4, 3),
  ]);
  return {
    header: ['system', 'n', `distance from ${to}`],
    rows: [...lines, ['(another prompt)', '', chance.toFixed(4)]],
  };
}
