/** What a chart shows, and the same as uPlot takes it. */
import type uPlot from 'uplot';

export interface Series {
  readonly label: string;
  /** A CSS variable, so that it follows the theme: `--korean`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  /** Measured seldom: drawn strong, with a dot at each point. */
  readonly dots?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly steps: readonly number[];
  readonly series: readonly Series[];
  readonly logarithmic?: boolean;
  readonly height?: number;
  /** What a reader who does not see the curves is told. */
  readonly summary: string;
}

export function columnsOf({ steps, series }: ChartProps): uPlot.AlignedData {
  return [[...steps], ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
}
