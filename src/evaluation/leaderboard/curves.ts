/**
 * Learning curves: what a student makes of Korean by the number of pairs that it learnt from, as a figure and as a table.
 */
import { InputError } from '../../errors.ts';
import { lineChart, type Series } from '../../pictures/chart.ts';
import { textTable } from '../textTable.ts';
import type { Results } from './results.ts';
import { boardsOf, type Group, type Measure, partsOf, type Value, valueText } from './standings.ts';

/** Of a student in Korean. */
interface CurvePoint {
  readonly pairs: number;
  readonly system: string;
  /** By what they are called. */
  readonly values: ReadonlyMap<string, { readonly measure: Measure; readonly value: Value }>;
}

/**
 * The figure as SVG: shares of pictures and of translations, and R², with their 95 % intervals, on a logarithmic axis of
 * pairs. Throws InputError unless two evaluations say how many pairs a student learnt from.
 */
export function learningCurves(results: readonly Results[]): string {
  const points = curvePoints(results, ['pictures', 'states']);
  if (new Set(points.map(({ pairs }) => pairs)).size < 2) {
    throw new InputError(
      `Of ${results.length} evaluations, ${points.length} say how many pairs their student learnt from: no curve.`,
      'Evaluate runs of different corpus.sample by their folders, as `npm run bench:corpus-size` does.',
    );
  }
  const series = titlesOf(points).map((name): Series => {
    const known = points.flatMap(({ pairs, values }) => {
      const found = values.get(name);
      return found ? [{ pairs, ...found.value }] : [];
    });
    return {
      name,
      points: known.map(({ pairs, mean }) => [pairs, mean]),
      ranges: known.map(({ pairs, low, high }) => [pairs, low, high]),
    };
  });
  return lineChart({
    title: '말뭉치 크기와 한국어 이해 · Korean by size of the corpus',
    subtitle: '비율과 R², 95 % 신뢰 구간 · shares and R² with 95 % intervals',
    xLabel: '배운 문장 쌍 · pairs learnt from',
    logX: true,
    series,
  });
}

/** A line for each number of pairs, a column for each measure of the student in Korean. */
export function curveTable(results: readonly Results[]): string {
  const points = curvePoints(results, ['pictures', 'conditioning', 'states']);
  const titles = titlesOf(points);
  const lines = points.map(({ pairs, system, values }) => {
    const cells = titles.map((title) => {
      const found = values.get(title);
      return found ? valueText(found.measure, found.value) : '';
    });
    return [pairs.toLocaleString('en'), system, ...cells];
  });
  return textTable(['pairs', 'system', ...titles], lines);
}

/** Few pairs first; students of which that is not known are left out. */
function curvePoints(results: readonly Results[], kinds: readonly Group['kind'][]): CurvePoint[] {
  const points = boardsOf(results).flatMap(({ groups, standings }) =>
    standings.flatMap(({ name, language, trainPairs, values: own }): CurvePoint[] => {
      if (trainPairs === undefined || language !== 'ko') return [];
      const values = groups
        .filter(({ kind }) => kinds.includes(kind))
        .flatMap((group) =>
          curveMeasures(group).flatMap((measure) => {
            const value = own.get(measure.id);
            return value ? [[titleOf(group, measure), { measure, value }] as const] : [];
          }),
        );
      return [{ pairs: trainPairs, system: name, values: new Map(values) }];
    }),
  );
  return points.sort((a, b) => a.pairs - b.pairs);
}

function titlesOf(points: readonly CurvePoint[]): string[] {
  return [...new Set(points.flatMap(({ values }) => [...values.keys()]))];
}

/** Totals of large suites, each set of small ones, and the states without their parts. */
function curveMeasures(group: Group): readonly Measure[] {
  const { probes, totals, overview } = partsOf(group);
  if (group.kind === 'states') return totals.filter(({ id }) => / (r2|found)$/.test(id));
  return group.kind === 'pictures' && overview.length > totals.length ? probes : totals;
}

function titleOf({ kind, title }: Group, measure: Measure): string {
  if (kind === 'states') return measure.title.en;
  const what = measure.probe === undefined ? title : measure.title.en;
  return kind === 'pictures' ? `right: ${what}` : `condition: ${what}`;
}
