/**
 * Leaves out files that hold what another holds too. AI Hub gives the same records as CSV and as JSON, and once as
 * sources (원천데이터, TS_, VS_) and once as labels (라벨링데이터, TL_, VL_); read twice they would all be duplicates.
 */
import type { Skipped } from '../report/corpusReport.ts';
import type { FormatName, Table } from './reader.ts';

export interface Candidate {
  readonly table: Table;
  /** What only the same records have: the number of the first; undefined where they have none. */
  readonly identity: string | undefined;
}

export interface WithoutTwins {
  readonly tables: readonly Table[];
  readonly twins: readonly Skipped[];
}

/** The faster to read comes first. */
const preference: readonly FormatName[] = ['parquet', 'jsonl', 'json', 'csv', 'tsv'];

export function withoutTwins(candidates: readonly Candidate[]): WithoutTwins {
  const twins: Skipped[] = [];
  const kept = candidates.filter(({ table, identity }) => {
    const label = candidates.find((other) => isLabelOf(other.table.path, table.path));
    if (label !== undefined) twins.push({ path: table.path, why: 'source-side', of: label.table.path });
    else if (identity !== undefined) {
      const better = candidates.find(
        (other) =>
          other.identity === identity &&
          other.table.corpus === table.corpus &&
          rank(other.table.format) < rank(table.format),
      );
      if (better === undefined) return true;
      twins.push({ path: table.path, why: 'twin', of: better.table.path });
    } else return true;
    return false;
  });
  return { tables: kept.map(({ table }) => table), twins };
}

function rank(format: FormatName): number {
  const place = preference.indexOf(format);
  return place < 0 ? preference.length : place;
}

const sourceSide = /원천데이터|(?<=^|\/)[TV]S(?=[_.])/g;

/** Whether `label` holds the labels of the sources in `source`: the same path but for the side, in any format. */
function isLabelOf(label: string, source: string): boolean {
  const expected = source.replace(sourceSide, (word) => (word === '원천데이터' ? labels : `${word[0]}L`));
  if (expected === source || label === source) return false;
  if (stem(label) === stem(expected)) return true;
  // The files of the two sides may be called differently; their folders stand beside each other.
  const at = expected.indexOf(labels);
  return at >= 0 && label.startsWith(expected.slice(0, at + labels.length));
}

const labels = '라벨링데이터';

function stem(path: string): string {
  return path.replace(/\.[^./]+$/, '');
}
