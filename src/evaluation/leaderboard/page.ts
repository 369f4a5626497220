/**
 * The leaderboard as a page of Markdown. The same evaluations give the same bytes.
 */
import { textTable } from '../textTable.ts';
import { curveTable } from './curves.ts';
import type { Results } from './results.ts';
import {
  type Board,
  boardsOf,
  type Group,
  isBest,
  type Measure,
  partsOf,
  type Standing,
  sorted,
  valueText,
} from './standings.ts';

export interface LearningCurves {
  /** Where the figure lies, as the page links it. */
  readonly figure: string;
  /** Evaluations of students that learnt from ever more pairs. */
  readonly results: readonly Results[];
}

export interface PageOptions {
  /** The line that makes the page again. */
  readonly command: string;
  readonly curves?: LearningCurves;
}

const headings: Readonly<Record<Group['kind'], string>> = {
  pictures: 'Pictures drawn right',
  'clip score': 'CLIP score',
  conditioning: 'Condition that reaches the U-Net',
  states: 'States',
};

export function leaderboardPage(results: readonly Results[], { command, curves }: PageOptions): string {
  const boards = boardsOf(results);
  const parts = [
    '# Results',
    `Made by \`${command}\`. What is measured is said in \`docs/evaluation.md\`. Brackets are 95 % intervals; **bold** is the best student in Korean, where one is above nothing.`,
    ...boards.flatMap((board) => boardSections(board, boards.length > 1 ? ` (${board.model})` : '')),
    ...(curves ? curveSections(curves) : []),
    '## Sources',
    sources([...results, ...(curves?.results ?? [])]),
  ];
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
}

/** What the tables of a group show. */
interface Shown {
  readonly group: Group;
  readonly standings: readonly Standing[];
  /** Whether the values are from several files: then each names its own. */
  readonly mixed: boolean;
}

function boardSections({ groups, standings: all }: Board, model: string): string[] {
  return groups.flatMap((group) => {
    const { probes, totals, overview } = partsOf(group);
    const standings = all.filter(({ values }) => group.measures.some(({ id }) => values.has(id)));
    const files = [...new Set(standings.flatMap((one) => sourcesOf(one, group)))].sort((a, b) => a - b);
    const shown = { group, standings, mixed: files.length > 1 };
    const [first = 0] = files;
    const from = shown.mixed ? 'Small numbers name the source.' : `Source ${first + 1}.`;
    const sections = [`## ${headings[group.kind]}: ${group.title}${model}`, from, bySystem(shown, overview)];
    if (probes.length === 0 || overview.length > totals.length) return sections;
    const korean = standings.filter(({ language, role }) => role === 'goal' || language === 'ko');
    return [...sections, byProbe({ ...shown, standings: sorted(korean, totals) }, probes)];
  });
}

function sourcesOf({ values }: Standing, { measures }: Group): number[] {
  return measures.flatMap(({ id }) => values.get(id)?.from ?? []);
}

/** A line for each system, best first. */
function bySystem(shown: Shown, measures: readonly Measure[]): string {
  const lines = sorted(shown.standings, measures).map((standing) => [
    systemName(standing),
    ...measures.map((measure) => cell(shown, measure, standing)),
  ]);
  return textTable(['system', ...measures.map(({ title }) => title.en)], lines);
}

/** A line for each probe, a column for each system. */
function byProbe(shown: Shown, probes: readonly Measure[]): string {
  const lines = probes.map((probe) => {
    const n = Math.max(...shown.standings.map(({ values }) => values.get(probe.id)?.n ?? 0));
    return [probe.title.en, String(n), ...shown.standings.map((standing) => cell(shown, probe, standing))];
  });
  return textTable(['', 'n', ...shown.standings.map(systemName)], lines);
}

function systemName({ name, role }: Standing): string {
  return role === 'student' ? name : `${name} *(${role})*`;
}

function cell({ standings, mixed }: Shown, measure: Measure, standing: Standing): string {
  const value = standing.values.get(measure.id);
  if (value === undefined) return '';
  const text = valueText(measure, value);
  const marked = isBest(standing, standings, measure) ? `**${text}**` : text;
  return mixed ? `${marked} <sub>${value.from + 1}</sub>` : marked;
}

function curveSections({ figure, results }: LearningCurves): string[] {
  return [
    '## Learning curves',
    `![What a student understands by the number of pairs that it learnt from](${figure})`,
    curveTable(results),
  ];
}

function sources(results: readonly Results[]): string {
  const lines = results.map(({ path, command, settings }, i) => {
    const set = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
    const file = path.split(/[\\/]/).join('/');
    return [String(i + 1), `\`${file}\``, command ? `\`${command}\`` : 'not noted', set.join(', ')];
  });
  return textTable(['', 'file', 'made by', 'settings'], lines);
}
