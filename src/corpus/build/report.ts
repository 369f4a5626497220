/**
 * Puts the counts of all parts, and of what was decided about all rows at once, into one report.
 */
import type { Reason } from '../reasons.ts';
import { reasons } from '../reasons.ts';
import type { CorpusReport, Histogram, SourceCounts } from '../report/corpusReport.ts';
import type { Part } from './part.ts';
import { type Measure, measures } from './tally.ts';

/** What the report says of the whole is known to the caller; what it says of sources and lengths is put together here. */
export interface ReportParts extends Omit<CorpusReport, 'sources' | 'histograms'> {
  readonly parts: readonly Part[];
  /** Rows dropped as duplicates, by part. */
  readonly dropped: readonly { readonly ordinal: number; readonly reason: string; readonly rows: number }[];
}

export function makeReport({ parts, dropped, ...facts }: ReportParts): CorpusReport {
  return {
    ...facts,
    sources: parts.map((part) =>
      sourceCounts(
        part,
        dropped.filter(({ ordinal }) => ordinal === part.ordinal),
      ),
    ),
    histograms: histograms(parts),
  };
}

function sourceCounts({ table, tally }: Part, later: ReportParts['dropped']): SourceCounts {
  const counts: Partial<Record<Reason, number>> = { ...tally.dropped };
  for (const { reason, rows } of later) counts[reason as Reason] = rows;
  const dropped = Object.fromEntries(
    reasons.flatMap((reason) => (counts[reason] === undefined ? [] : [[reason, counts[reason]]])),
  ) as SourceCounts['dropped'];
  const lost = Object.values(dropped).reduce((sum, rows) => sum + rows, 0);
  return {
    ...table,
    rows: tally.rows,
    kept: tally.rows - lost,
    dropped,
    repaired: tally.repaired,
    marked: tally.marked,
  };
}

function histograms(parts: readonly Part[]): Histogram[] {
  const corpora = [...new Set(parts.map(({ table }) => table.corpus))].sort();
  const sums: Histogram[] = [];
  for (const corpus of corpora) {
    const tallies = parts.filter(({ table }) => table.corpus === corpus).map(({ tally }) => tally);
    for (const measure of Object.keys(measures) as Measure[]) {
      for (const language of ['ko', 'en'] as const) {
        const lengths = tallies.flatMap((tally) => tally.lengths[measure]?.[language] ?? []);
        if (lengths.length === 0) continue;
        const { binSize, bins } = measures[measure];
        const counts = new Array<number>(bins).fill(0);
        for (const [i, rows] of lengths.entries()) counts[i % bins] = counts[i % bins]! + rows;
        sums.push({ corpus, language, measure, binSize, counts });
      }
    }
  }
  return sums;
}
