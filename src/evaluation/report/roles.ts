/**
 * Who is who among the systems of a report, and what of theirs stands in its first lines.
 */

import type { Evaluation, EvaluationRow } from '../evaluatePictures.ts';
import type { Interval } from '../interval.ts';
import type { Proportion } from '../proportion.ts';
import { proportion } from '../proportion.ts';
import type { Role } from './cells.ts';
import type { EvaluationReport } from './evaluationReport.ts';

export interface ShownSystem {
  readonly name: string;
  readonly label: string;
  readonly role: Role;
}

/** All systems that something was measured of, in the order in which they were measured; baselines of states come last. */
export function systemsOf({ suites, states, goal, before }: EvaluationReport): ShownSystem[] {
  const rows = [
    ...suites.flatMap(({ conditioning, pictures, clipScore }) => [
      ...(conditioning?.rows ?? []),
      ...(pictures?.rows ?? []),
      ...(clipScore?.rows ?? []),
    ]),
    ...(states?.rows ?? []),
  ];
  const labels = new Map(rows.map(({ system, label }) => [system, label]));
  const baselines = new Set(states?.rows.filter(({ baseline }) => baseline).map(({ system }) => system));
  const korean = new Set(rows.filter(({ language }) => language === 'ko').map(({ system }) => system));
  return [...labels].map(([name, label]) => ({ name, label, role: roleOf(name) }));

  function roleOf(name: string): Role {
    if (name === goal) return 'goal';
    if (name === before) return 'before';
    return korean.has(name) && !baselines.has(name) ? 'after' : 'other';
  }
}

/** Right pictures of a system over all sets of a suite. */
export function rightPictures({ rows }: Pick<Evaluation, 'rows'>, system: string): Proportion | undefined {
  const own = rows.filter((row) => row.system === system);
  const sum = (of: (row: EvaluationRow) => number) => own.reduce((total, row) => total + of(row), 0);
  return own.length === 0
    ? undefined
    : proportion(
        sum(({ both }) => both.right),
        sum(({ n }) => n),
      );
}

export function interval({ share, low, high }: Proportion): Interval {
  return { mean: share, low, high };
}

/** What a measure says of each system. */
export interface Column {
  /** Markup. */
  readonly heading: string;
  /** What the number is a part of, as markup. */
  readonly unit: string;
  of(system: string): Interval | undefined;
}
