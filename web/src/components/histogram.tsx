/** How often values of each range occur: bars to see, a table to hear. */
import type { Corpus } from '../../../src/server/contract/workbench.ts';
import { number, t } from '../texts/texts.ts';

interface Props {
  readonly histogram: Corpus['histograms'][number];
  readonly title: string;
}

export function Histogram({ histogram, title }: Props) {
  const { edges, counts } = histogram;
  const most = Math.max(1, ...counts);
  const range = (at: number) => `${number(edges[at] ?? 0, 2)}–${number(edges[at + 1] ?? 0, 2)}`;
  return (
    <figure class="histogram">
      <figcaption>{title}</figcaption>
      <div class="histogram-bars" aria-hidden="true">
        {counts.map((count, at) => (
          <span key={edges[at]} title={`${range(at)}: ${number(count)}`}>
            <span style={{ height: `${(count / most) * 100}%` }} />
          </span>
        ))}
      </div>
      <div class="histogram-axis tabular" aria-hidden="true">
        <span>{number(edges[0] ?? 0, 2)}</span>
        <span>{number(edges.at(-1) ?? 0, 2)}</span>
      </div>
      <table class="visually-hidden">
        <caption>{title}</caption>
        <thead>
          <tr>
            <th scope="col">{t().corpus.range}</th>
            <th scope="col">{t().corpus.count}</th>
          </tr>
        </thead>
        <tbody>
          {counts.map((count, at) => (
            <tr key={edges[at]}>
              <th scope="row">{range(at)}</th>
              <td>{number(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
