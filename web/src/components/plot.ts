/** A chart by uPlot, in the look of this project's figures. Loaded only where there are curves. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { number, significant } from '../texts/texts.ts';
import { type ChartProps, columnsOf } from './chartProps.ts';

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
  const filter: uPlot.Axis.Filter = (_, ticks) =>
    props.logarithmic ? ticks.map((tick) => (isRound(tick) ? tick : null)) : ticks;
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: props.height ?? 280,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: false },
      y: props.logarithmic ? { distr: 3, range: aroundLogarithm } : { range: fromZero },
    },
    axes: [
      { ...axis, grid: { show: false }, space: 80, values: (_, ticks) => ticks.map((tick) => number(tick)) },
      {
        ...axis,
        size: 64,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : significant(tick))),
        filter,
        grid: { stroke: colour('--line'), width: 1, filter },
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

function aroundLogarithm(_: uPlot, low: number, high: number): uPlot.Range.MinMax {
  return [low / 1.2, high * 1.2];
}

function fromZero(_: uPlot, __: number, high: number): uPlot.Range.MinMax {
  return [0, high * 1.1];
}

/** Of a logarithmic axis only these have a line and a label: 1, 2 or 5 times a power of ten. */
function isRound(value: number): boolean {
  const first = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  return [1, 2, 5].some((round) => Math.abs(first - round) < 1e-6);
}
