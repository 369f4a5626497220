import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineChart, type Point } from './chart.ts';
import { rasterize } from './fonts.ts';
import { linearAxis, logAxis, tickLabel } from './ticks.ts';

const curve = (from: number, to: number): Point[] =>
  Array.from({ length: 200 }, (_, i) => [i * 50, to + (from - to) * Math.exp(-i / 40)]);

const losses = {
  title: '학습 손실 <영어 & 한국어>',
  xLabel: 'step',
  yLabel: 'loss (MSE)',
  series: [
    { name: 'train', points: curve(1.1, 0.4) },
    {
      name: 'valid',
      points: curve(1, 0.45),
      dashed: true,
      best: { point: [9950, 0.4538] as Point, label: 'best 0.4538' },
    },
    { name: 'loss_en (영어)', points: curve(0.9, 0.07) },
    { name: 'loss_ko (한국어)', points: curve(1.1, 0.5) },
  ],
};

describe('lineChart', () => {
  it('puts values that grow by a factor at equal distances, each with its tick and its interval', () => {
    const points: Point[] = [1, 5, 25].map((x) => [1000 * x, x / 25]);
    const ranges = points.map(([x, y]) => [x, y - 0.02, y + 0.02] as const);
    const svg = lineChart({ title: 'sizes', logX: true, series: [{ name: 'right', points, ranges }] });
    for (const tick of ['1000', '5000', '25k']) expect(svg).toContain(`>${tick}</text>`);
    const dots = [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(dots).toHaveLength(3);
    expect(dots[1]! - dots[0]!).toBeCloseTo(dots[2]! - dots[1]!, 0);
    expect(svg.match(/stroke-opacity/g)).toHaveLength(3);
  });

  it('draws a line for each series, the legend, the axes and the best point', () => {
    const svg = lineChart(losses);
    for (const text of [
      'train',
      'valid',
      'loss_en (영어)',
      'loss_ko (한국어)',
      'step',
      'best 0.4538',
      '1.25',
      '8000',
    ]) {
      expect(svg).toContain(`>${text}</text>`);
    }
    const colors = new Set(
      [...svg.matchAll(/stroke="(#[0-9a-f]{6})" stroke-width="2"/g)].map((match) => match[1]),
    );
    expect(colors.size).toBe(4);
    expect(svg).toContain('stroke-dasharray');
    expect(svg).toContain('&#60;영어 &#38; 한국어&#62;');
  });

  it('can be drawn, linear and logarithmic', () => {
    for (const logY of [false, true]) {
      expect(rasterize(lineChart({ ...losses, logY }))).toMatchObject({ width: 800, height: 450 });
    }
  });

  it('stays valid for any points', () => {
    const points = fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 20 });
    fc.assert(
      fc.property(points, fc.boolean(), (some, logY) => {
        const svg = lineChart({ title: 'any', series: [{ name: 'any', points: some }], logY });
        expect(svg).not.toMatch(/NaN|Infinity/);
      }),
    );
  });

  it('interrupts the line where a value is missing', () => {
    const points: Point[] = [
      [0, 1],
      [1, 2],
      [2, Number.NaN],
      [3, 2],
      [4, 1],
    ];
    const color = '#123456';
    const svg = lineChart({ title: 'gap', series: [{ name: 'x', points, color }] });
    expect(svg.match(/stroke="#123456"/g)).toHaveLength(3);
  });

  it('says so when there is nothing to draw', () => {
    expect(lineChart({ title: 'empty', series: [{ name: 'x', points: [] }] })).toContain('no data yet');
  });

  it('does not grow with the length of a run', () => {
    const points = Array.from({ length: 200_000 }, (_, i): Point => [i, Math.sin(i) + i / 1e5]);
    expect(lineChart({ title: 'long', series: [{ name: 'x', points }] }).length).toBeLessThan(60_000);
  });
});

describe('axes', () => {
  it('run from round number to round number', () => {
    expect(linearAxis(0.07, 1.13).ticks).toEqual([0, 0.25, 0.5, 0.75, 1, 1.25]);
    expect(linearAxis(0, 250_000).ticks).toEqual([0, 50_000, 100_000, 150_000, 200_000, 250_000]);
    expect(linearAxis(3, 3)).toMatchObject({ min: 1, max: 5 });
    expect(logAxis(0.003, 20).ticks).toEqual([0.001, 0.01, 0.1, 1, 10, 100]);
    expect(logAxis(0.06, 1.1).ticks).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2]);
    expect(logAxis(0.4, 0.9).ticks).toEqual([0.4, 0.5, 0.6, 0.8, 1]);
  });

  it('cover all values', () => {
    const size = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(size, size, (a, b) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        for (const axis of [linearAxis(min, max), logAxis(min, max)]) {
          expect(axis.min).toBeLessThanOrEqual(min * (1 + 1e-6));
          expect(axis.max).toBeGreaterThanOrEqual(max * (1 - 1e-6));
          expect(axis.max).toBeGreaterThan(axis.min);
          expect(axis.ticks.length).toBeLessThan(25);
        }
      }),
    );
  });

  it('label large and small numbers shortly', () => {
    expect([0, 0.25, 5000, 31_823, 250_000, 1_500_000, 1e-7].map(tickLabel)).toEqual([
      '0',
      '0.25',
      '5000',
      '31,823',
      '250k',
      '1.5M',
      '1e-7',
    ]);
  });
});
