/** Curves over steps that grow while a run trains. The library is fetched when the first chart is shown. */
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { theme } from '../state/settings.ts';
import { significant } from '../texts/texts.ts';

export interface Series {
  readonly label: string;
  /** A CSS variable, so that it follows the theme: `--korean`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  /** Measured seldom: drawn strong, with a dot at each point. */
  readonly dots?: boolean;
}

interface Props {
  readonly title: string;
  readonly steps: readonly number[];
  readonly series: readonly Series[];
  readonly logarithmic?: boolean;
  readonly height?: number;
  /** What a reader who does not see the curves is told. */
  readonly summary: string;
}

export function Chart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const shape = props.series.map(({ label }) => label).join('|');
  const colours = theme.value;

  // Drawn anew for other curves and other colours.
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    let gone = false;
    const resize = new ResizeObserver(() => {
      plot.current?.setSize({ width: place.clientWidth, height: latest.current.height ?? 280 });
    });
    void import('./plot.ts').then(({ draw }) => {
      if (gone) return;
      plot.current = draw(place, latest.current);
      resize.observe(place);
    });
    return () => {
      gone = true;
      resize.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape, colours]);

  useEffect(() => {
    plot.current?.setData(columnsOf(props));
  }, [props]);

  return (
    <figure class="chart">
      <figcaption>
        <h3>{props.title}</h3>
        <ul class="legend">
          {props.series.map(({ label, colour, values, dots }) => (
            <li key={label}>
              <span
                class={dots ? 'legend-line legend-dots' : 'legend-line'}
                style={{ color: `var(${colour})` }}
              />
              {label}
              <span class="tabular">{significant(last(values))}</span>
            </li>
          ))}
        </ul>
      </figcaption>
      <div
        ref={box}
        class="chart-box"
        role="img"
        aria-label={props.summary}
        style={{ height: `${props.height ?? 280}px` }}
      />
    </figure>
  );
}

export function columnsOf({ steps, series }: Props): uPlot.AlignedData {
  return [[...steps], ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
}

function last(values: readonly (number | null)[]): number | null | undefined {
  return values.findLast((value) => value !== null);
}

export type ChartProps = Props;
