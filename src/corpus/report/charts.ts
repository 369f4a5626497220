/**
 * The pictures of the report, as SVG that takes its colours from the page.
 */
import { element, escapeXml } from '../../pictures/svg.ts';
import type { Histogram } from './corpusReport.ts';

const count = (value: number) => value.toLocaleString('en');

/** Lengths in bins: one chart, with the limit of 77 tokens where tokens are counted. */
export function histogramChart({ counts, binSize, measure }: Histogram, title: string): string {
  const [width, height, left, bottom, top] = [340, 118, 14, 20, 12];
  const last = lastUsed(counts);
  const shown = counts.slice(0, last + 1);
  const most = Math.max(1, ...shown);
  const step = (width - 2 * left) / shown.length;
  const bars = shown.map((value, i) => {
    const size = (value / most) * (height - bottom - top);
    const range = i === counts.length - 1 ? `${i * binSize}+` : `${i * binSize}–${(i + 1) * binSize - 1}`;
    const box = {
      x: left + i * step,
      y: height - bottom - size,
      width: Math.max(0.5, step - 0.6),
      height: size,
      class: 'bar',
    };
    return element('rect', box, element('title', {}, escapeXml(`${range}: ${count(value)}`)));
  });
  const at = (length: number) => left + (length / binSize) * step;
  const ticks = tickLengths(shown.length * binSize).map((length) =>
    element('text', { x: at(length), y: height - 6, 'text-anchor': 'middle', class: 'tick' }, String(length)),
  );
  const limit =
    measure === 'characters' || 78 / binSize > shown.length ? '' : limitLine(at(78), top, height - bottom);
  const axis = element('line', {
    x1: left,
    x2: width - left,
    y1: height - bottom,
    y2: height - bottom,
    class: 'axis',
  });
  return element(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title, class: 'histogram' },
    axis,
    ...bars,
    limit,
    ...ticks,
  );
}

function limitLine(x: number, top: number, bottom: number): string {
  const line = element('line', { x1: x, x2: x, y1: top, y2: bottom, class: 'limit' });
  return line + element('text', { x: x - 5, y: top - 3, class: 'tick limit-text' }, '77');
}

/** The last bin of which all bins before hold all but a thousandth: longer tails would squeeze the rest. */
function lastUsed(counts: readonly number[]): number {
  const total = counts.reduce((sum, value) => sum + value, 0);
  let seen = 0;
  for (const [i, value] of counts.entries()) {
    seen += value;
    if (seen >= total * 0.999) return Math.min(counts.length - 1, Math.max(i, 4));
  }
  return counts.length - 1;
}

/** About five round lengths. */
function tickLengths(longest: number): number[] {
  const step = [5, 10, 20, 25, 50, 100, 200, 500].find((size) => longest / size <= 6) ?? 1000;
  return Array.from({ length: Math.floor(longest / step) }, (_, i) => i * step).concat(
    Math.floor(longest / step) * step,
  );
}
