/**
 * Line charts as SVG: what a training run shows of its losses. Knows no training and no files.
 */
import { textWidth, wrapText } from './metrics.ts';
import { element, ink, short, svgDocument, textLine } from './svg.ts';
import { type Axis, linearAxis, logAxis, smallest, tickLabel, widen } from './ticks.ts';

export type Point = readonly [x: number, y: number];

/** A point worth a mark, and what to write beside it. */
export interface Best {
  readonly point: Point;
  readonly label: string;
}

export interface Series {
  readonly name: string;
  /** In the order of x. Values that are no finite number interrupt the line. */
  readonly points: readonly Point[];
  /** Intervals, drawn as thin upright lines. */
  readonly ranges?: readonly (readonly [x: number, low: number, high: number])[];
  /** By default the next of eight that can be told apart, also by the colour-blind. */
  readonly color?: string;
  readonly dashed?: boolean;
  /** Such as the least loss. */
  readonly best?: Best;
}

export interface LineChart {
  readonly title: string;
  readonly subtitle?: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  readonly series: readonly Series[];
  /** Logarithmic y; values that are not positive are left out. */
  readonly logY?: boolean;
  /** Logarithmic x, for positive values; where they are few, each is a tick. */
  readonly logX?: boolean;
  /** Size in pixels, 800 x 450 by default. */
  readonly width?: number;
  readonly height?: number;
}

/** Okabe and Ito's palette, "Color Universal Design", 2008, ordered and darkened for lines on white. */
const palette = ['#0072b2', '#d55e00', '#009e73', '#b0508e', '#c28a00', '#3f9fd0', '#5b5b5b', '#7a4fbf'];

/** A line of so few points shows each of them: what was measured, and what is only drawn between. */
const fewPoints = 24;

const margin = 28;
const sizes = { title: 19, subtitle: 13, legend: 13, label: 12, tick: 12 };

/** The rectangle of the plot and the way from values to pixels. */
interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly xAxis: Axis;
  readonly yAxis: Axis;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

interface DrawnSeries extends Series {
  readonly color: string;
}

/** The chart as an SVG document. A chart without any point shows its frame and says so. */
export function lineChart(chart: LineChart): string {
  const { title, width = 800, height = 450, logY = false } = chart;
  const visible = ([x, y]: Point) => inRange(x) && inRange(y) && (!logY || y >= smallest);
  const series = chart.series.map((one, i) => ({ color: palette[i % palette.length]!, ...one }));
  const points = series.flatMap((one) => [...one.points, ...rangeEnds(one)].filter(visible));
  const head = drawHead(chart, series, width);
  const plot = layOut(chart, points, width, height, head.bottom);
  const lines = series.map((one) => drawSeries(one, plot, visible));
  const pixels = points.map(([x, y]): Point => [plot.x(x), plot.y(y)]);
  const marks = series.map((one) =>
    one.best && visible(one.best.point) ? drawBest(one, one.best, plot, pixels) : '',
  );
  const nothing = textLine('no data yet', (plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2, {
    size: sizes.subtitle,
    fill: ink.muted,
    anchor: 'middle',
  });
  const content = points.length > 0 ? [...lines, ...marks] : [nothing];
  return svgDocument(width, height, title, head.svg, drawAxes(chart, plot), ...content);
}

function rangeEnds({ ranges = [] }: Series): Point[] {
  return ranges.flatMap(([x, low, high]): Point[] => [
    [x, low],
    [x, high],
  ]);
}

/** Whether a value can be drawn: a number, and none that only a run out of control produces. */
function inRange(value: number): boolean {
  return Math.abs(value) <= 1 / smallest;
}

/** Title, subtitle and legend, one below the other. */
function drawHead({ title, subtitle }: LineChart, series: readonly DrawnSeries[], width: number) {
  const room = width - 2 * margin;
  let y = margin - 4;
  const parts: string[] = [];
  const write = (text: string, size: number, weight: 400 | 700, fill: string) => {
    for (const line of wrapText(text, room, size, weight)) {
      y += size;
      parts.push(textLine(line, margin, y, { size, weight, fill }));
      y += size * 0.4;
    }
  };
  write(title, sizes.title, 700, ink.text);
  if (subtitle) write(subtitle, sizes.subtitle, 400, ink.muted);
  const swatch = 22;
  let x = margin;
  y += 18;
  for (const { name, color, dashed } of series) {
    const needed = swatch + 8 + textWidth(name, sizes.legend);
    if (x > margin && x + needed > width - margin) {
      x = margin;
      y += 20;
    }
    parts.push(element('path', { d: `M${short(x)} ${short(y - 4.5)}h${swatch}`, ...stroke(color, dashed) }));
    parts.push(textLine(name, x + swatch + 8, y, { size: sizes.legend }));
    x += needed + 24;
  }
  return { svg: parts.join(''), bottom: y };
}

function layOut(
  chart: LineChart,
  points: readonly Point[],
  width: number,
  height: number,
  head: number,
): Plot {
  const { logY = false, logX = false, xLabel, yLabel } = chart;
  const xs = extent(points.map(([x]) => x)) ?? [0, 1];
  const ys = extent(points.map(([, y]) => y)) ?? [logY ? 0.1 : 0, 1];
  const top = head + 22 + (yLabel ? 20 : 0);
  const bottom = height - margin - (xLabel ? 34 : 16);
  const yAxis = logY ? logAxis(...ys) : linearAxis(...ys, Math.max(2, Math.round((bottom - top) / 55)));
  const yLabels = yAxis.ticks.map((tick) => textWidth(tickLabel(tick), sizes.tick));
  const left = margin + Math.max(...yLabels) + 10;
  const right = width - margin;
  const [xMin, xMax] = widen(...xs);
  const room = Math.max(2, Math.round((right - left) / 95));
  const xAxis = { min: xMin, max: xMax, ticks: xTicks(points, [xMin, xMax], room, logX) };
  return {
    ...{ left, right, top, bottom, xAxis, yAxis },
    x: logX
      ? (value) => scale(Math.log(xMin), Math.log(xMax), left, right)(Math.log(value))
      : scale(xMin, xMax, left, right),
    y: logY
      ? (value) => scale(Math.log(yAxis.min), Math.log(yAxis.max), bottom, top)(Math.log(value))
      : scale(yAxis.min, yAxis.max, bottom, top),
  };
}

/** Time runs from the first point to the last: only the ticks inside are used, the ends are not rounded. */
function xTicks(points: readonly Point[], [min, max]: Point, room: number, logX: boolean): readonly number[] {
  const values = [...new Set(points.map(([x]) => x))];
  if (logX && values.length > 1 && values.length <= room) return values.sort((a, b) => a - b);
  const round = logX ? logAxis(min, max) : linearAxis(min, max, room);
  return round.ticks.filter((tick) => tick >= min && tick <= max);
}

function scale(min: number, max: number, from: number, to: number): (value: number) => number {
  return (value) => from + ((value - min) / (max - min)) * (to - from);
}

/** Least and greatest value; a loop, because spreading a long run's values would overflow the stack. */
function extent(values: readonly number[]): [min: number, max: number] | undefined {
  if (values.length === 0) return undefined;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return [min, max];
}

function drawAxes({ xLabel, yLabel }: LineChart, plot: Plot): string {
  const { left, right, top, bottom, xAxis, yAxis, x, y } = plot;
  const style = { size: sizes.tick, fill: ink.muted };
  const rows = yAxis.ticks.map((tick) => {
    const at = Math.round(y(tick)) + 0.5;
    const line = element('path', { d: `M${short(left)} ${at}H${short(right)}`, stroke: ink.line });
    return line + textLine(tickLabel(tick), left - 8, at + 4, { ...style, anchor: 'end' });
  });
  const columns = xAxis.ticks.map((tick) => {
    const at = short(Math.round(x(tick)) + 0.5);
    const line = element('path', { d: `M${at} ${short(bottom)}v5`, stroke: ink.axis });
    return line + textLine(tickLabel(tick), Number(at), bottom + 19, { ...style, anchor: 'middle' });
  });
  const base = element('path', {
    d: `M${short(left)} ${Math.round(bottom) + 0.5}H${short(right)}`,
    stroke: ink.axis,
  });
  const labels = [
    yLabel ? textLine(yLabel, margin, top - 16, { ...style, size: sizes.label }) : '',
    xLabel ? textLine(xLabel, right, bottom + 40, { ...style, size: sizes.label, anchor: 'end' }) : '',
  ];
  return [...rows, ...columns, base, ...labels].join('');
}

function stroke(color: string, dashed = false) {
  return {
    fill: 'none',
    stroke: color,
    'stroke-width': 2,
    'stroke-linejoin': 'round',
    'stroke-linecap': dashed ? 'butt' : 'round',
    'stroke-dasharray': dashed ? '6 4' : undefined,
  };
}

function drawSeries(
  { points, ranges = [], color, dashed }: DrawnSeries,
  plot: Plot,
  visible: (p: Point) => boolean,
): string {
  const intervals = ranges
    .filter(([x, low, high]) => visible([x, low]) && visible([x, high]))
    .map(([x, low, high]) => {
      const d = `M${short(plot.x(x))} ${short(plot.y(low))}V${short(plot.y(high))}`;
      return element('path', { d, stroke: color, 'stroke-width': 1, 'stroke-opacity': 0.6 });
    });
  const runs: Point[][] = [[]];
  for (const point of points) {
    if (visible(point)) runs.at(-1)!.push([plot.x(point[0]), plot.y(point[1])]);
    else runs.push([]);
  }
  const lines = runs
    .filter((run) => run.length > 0)
    .map((run) => {
      const [[x, y]] = run as [Point];
      if (run.length === 1) return element('circle', { cx: x, cy: y, r: 3, fill: color });
      const d = thin(run).map(([px, py]) => `${short(px)} ${short(py)}`);
      const dots =
        run.length > fewPoints ? [] : run.map(([cx, cy]) => element('circle', { cx, cy, r: 3, fill: color }));
      return element('path', { d: `M${d.join('L')}`, ...stroke(color, dashed) }) + dots.join('');
    });
  return [...intervals, ...lines].join('');
}

/** Of the points in one pixel column, the first, lowest, highest and last: the line looks the same. */
function thin(points: readonly Point[]): readonly Point[] {
  const columns = new Map<number, Point[]>();
  for (const point of points) {
    const column = Math.round(point[0]);
    const there = columns.get(column);
    if (there) there.push(point);
    else columns.set(column, [point]);
  }
  return [...columns.values()].flatMap((column) => {
    if (column.length <= 4) return column;
    const byHeight = column.map((_, i) => i).sort((a, b) => column[a]![1] - column[b]![1]);
    const kept = new Set([0, byHeight[0]!, byHeight.at(-1)!, column.length - 1]);
    return column.filter((_, i) => kept.has(i));
  });
}

/** A ring at the point, and its label where it hides the fewest points of any line. */
function drawBest(
  { color }: DrawnSeries,
  { point, label }: Best,
  plot: Plot,
  pixels: readonly Point[],
): string {
  const x = plot.x(point[0]);
  const y = plot.y(point[1]);
  const half = textWidth(label, sizes.label, 700) / 2 + 4;
  const middle = Math.min(Math.max(x, plot.left + half), plot.right + 4 - half);
  const hidden = (line: number) =>
    pixels.filter(([px, py]) => Math.abs(px - middle) < half && py > line - 14 && py < line + 6).length;
  const lines = [22, -13, 40, -31, 58, -49]
    .map((away) => y + away)
    .filter((line) => line > plot.top + 12 && line < plot.bottom - 4);
  const counts = lines.map(hidden);
  const line = lines[counts.indexOf(Math.min(...counts))] ?? y + 22;
  const far = Math.abs(line - y) > 25;
  const leader = `M${short(x)} ${short(y)}V${short(line > y ? line - 14 : line + 5)}`;
  const style = { size: sizes.label, weight: 700, fill: color, anchor: 'middle' } as const;
  // A white outline below the letters keeps them readable across lines.
  const halo = { stroke: ink.paper, 'stroke-width': 4, 'stroke-linejoin': 'round', 'paint-order': 'stroke' };
  return (
    (far ? element('path', { d: leader, stroke: color, 'stroke-dasharray': '1 2' }) : '') +
    element('circle', { cx: x, cy: y, r: 5, fill: ink.paper, stroke: color, 'stroke-width': 2.5 }) +
    textLine(label, middle, line, style, halo)
  );
}
