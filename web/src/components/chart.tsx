/** Curves over steps that grow while a run trains. The library is fetched when the first chart is shown. */
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { theme } from '../state/settings.ts';
import { significant } from '../texts/texts.ts';
import { type ChartProps, columnsOf } from './chartProps.ts';

export function Chart(props: ChartProps) {
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

function last(values: readonly (number | null)[]): number | null | undefined {
  return values.findLast((value) => value !== null);
}
