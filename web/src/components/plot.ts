/** A chart by uPlot, in the look of this project's figures. Loaded only where there are curves. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { number, significant } from '../texts/texts.ts';
import { type ChartProps, columnsOf } from './chart.tsx';

export function draw(place: HTMLElement, props: ChartProps): uPlot {
  // A canvas wants colours, not variables: asked of an element that has them.
  const probe = document.createElement('span');
  place.append(probe);
  const colour = (variable: string) => {
    probe.style.color = `var(${variable})`;
    return getComputedStyle(probe).color;
  };
  const font = `13px ${getComputedStyle(place).fontFamily}`;
  const axis: uPlot.Axis = {
    stroke: colour('--quiet'),
    font,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: props.height ?? 280,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false }, y: props.logarithmic ? { distr: 3 } : {} },
    axes: [
      { ...axis, grid: { show: false }, space: 80, values: (_, ticks) => ticks.map((tick) => number(tick)) },
      {
        ...axis,
        size: 64,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : significant(tick))),
        // Of a logarithmic axis only the lines that have a label.
        filter: (_, ticks) =>
          props.logarithmic ? ticks.map((tick) => (isRound(tick) ? tick : null)) : ticks,
      },
    ],
    series: [
      {},
      ...props.series.map(({ label, colour: variable, dots }) => ({
        label,
        stroke: colour(variable),
        width: dots ? 2.5 : 1.5,
        spanGaps: true,
        points: { show: dots ?? false, size: 7, fill: colour(variable) },
      })),
    ],
  };
  const plot = new uPlot(options, columnsOf(props), place);
  probe.remove();
  return plot;
}

/** 1, 2 or 5 times a power of ten. */
function isRound(value: number): boolean {
  const first = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  return [1, 2, 5].some((round) => Math.abs(first - round) < 1e-6);
}
