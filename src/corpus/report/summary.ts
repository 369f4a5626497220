/**
 * The report as a table for the terminal.
 */
import { reasons } from '../reasons.ts';
import type { CorpusReport, SourceCounts } from './corpusReport.ts';
import { commonFolder } from './paths.ts';
import { type Language, reasonWords } from './words.ts';

const headers = {
  ko: ['출처', '파일', '행', '쌍', '버린 까닭'],
  en: ['corpus', 'file', 'rows', 'pairs', 'dropped'],
} as const;

/** A header, a row for each source, and their sum where there are several. The first two columns and the last are text. */
export function summaryTable({ sources }: CorpusReport, language: Language): (readonly string[])[] {
  const folder = commonFolder(sources.map(({ path }) => path));
  const rows = sources.map((source) => [
    source.corpus,
    shortened(source.path.slice(folder.length)),
    ...numbers(source),
    why(source.dropped, language),
  ]);
  const total = totalOf(sources);
  const sum =
    sources.length > 1
      ? [['', language === 'ko' ? '모두' : 'all', ...numbers(total), why(total.dropped, language)]]
      : [];
  return [headers[language], ...rows, ...sum];
}

function numbers({ rows, kept }: Pick<SourceCounts, 'rows' | 'kept'>): string[] {
  return [rows.toLocaleString('en'), kept.toLocaleString('en')];
}

/** More would make a line that nobody reads; the page has them all. */
const mostReasons = 3;

/** The reasons that cost most, and how many rows the others cost. */
function why(dropped: SourceCounts['dropped'], language: Language): string {
  const costs = reasons
    .map((reason) => ({ name: reasonWords[reason].name[language], rows: dropped[reason] ?? 0 }))
    .filter(({ rows }) => rows > 0)
    .sort((a, b) => b.rows - a.rows);
  const others = costs.slice(mostReasons).reduce((sum, { rows }) => sum + rows, 0);
  const shown = costs.slice(0, mostReasons);
  if (others > 0) shown.push({ name: language === 'ko' ? '그 밖' : 'others', rows: others });
  return shown.map(({ name, rows }) => `${name} ${rows.toLocaleString('en')}`).join(', ');
}

/** The end of a path, which tells more than its beginning. */
function shortened(path: string): string {
  const most = 36;
  const characters = [...path];
  return characters.length <= most ? path : `…${characters.slice(1 - most).join('')}`;
}

/** The counts of several sources together. */
export function totalOf(sources: readonly SourceCounts[]): Pick<SourceCounts, 'rows' | 'kept' | 'dropped'> {
  const dropped: Partial<Record<(typeof reasons)[number], number>> = {};
  for (const source of sources) {
    for (const reason of reasons) {
      const count = source.dropped[reason];
      if (count !== undefined) dropped[reason] = (dropped[reason] ?? 0) + count;
    }
  }
  return {
    rows: sources.reduce((sum, { rows }) => sum + rows, 0),
    kept: sources.reduce((sum, { kept }) => sum + kept, 0),
    dropped,
  };
}
