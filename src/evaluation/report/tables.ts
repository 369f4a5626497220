/**
 * The report as tables of text.
 */
import type { ClipScoreEvaluation } from '../clipScore.ts';
import { formatTable } from '../evaluationTable.ts';
import { withInterval } from '../interval.ts';
import type { LikenessEvaluation } from '../likeness.ts';
import { formatConditioning, formatGroups, formatStates } from '../measureTables.ts';
import { type TableOptions, textTable } from '../textTable.ts';
import type { EvaluationReport } from './evaluationReport.ts';

/** All tables, each below what it is about. */
export function reportTables({ states, suites }: EvaluationReport, options: TableOptions = {}): string {
  const title = (text: string) => (options.format === 'terminal' ? `${text}\n` : `### ${text}\n`);
  const tables = suites.flatMap(({ name, pictures, likeness, clipScore, conditioning }) => [
    ...(pictures ? [title(`pictures: ${name}`), formatTable(pictures, options)] : []),
    ...(likeness ? [title(`pictures like the teacher's: ${name}`), formatLikeness(likeness, options)] : []),
    ...(clipScore
      ? [title(`CLIP score: ${name}, by ${clipScore.clip}`), formatClipScore(clipScore, options)]
      : []),
    ...(conditioning ? [title(`conditioning: ${name}`), formatConditioning(conditioning, options)] : []),
  ]);
  if (states) {
    tables.push(title(`states: ${states.pairs}, found among ${states.pool}`), formatStates(states, options));
    tables.push(title('states by length and domain of sentences'), formatGroups(states, options));
  }
  return tables.join('\n');
}

/** A line for each system: 100 times the cosine of picture and English prompt. */
function formatClipScore({ rows }: ClipScoreEvaluation, options: TableOptions): string {
  const lines = rows.map(({ system, score }) => [system, String(score.n), withInterval(score, 1)]);
  return textTable(['system', 'n', 'CLIP score'], lines, options);
}

/** A line for each system, and one for what pictures of different prompts differ by. */
function formatLikeness({ to, chance, rows }: LikenessEvaluation, options: TableOptions): string {
  const lines = rows.map(({ system, distance }) => [
    system,
    String(distance.n),
    withInterval(distance, 4, 3),
  ]);
  return textTable(
    ['system', 'n', `distance from ${to}`],
    [...lines, ['(another prompt)', '', chance.toFixed(4)]],
    options,
  );
}
