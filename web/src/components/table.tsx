/** A table; columns of numbers stand to the right. */
import { rateOf } from '../state/rate.ts';

interface Props {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function Table({ title, columns, rows }: Props) {
  const numeric = columns.map((_, at) => at > 0 && rows.every((row) => /^[\s\d–-]|^$/.test(row[at] ?? '')));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls is scrolled by keys.
    <section class="table" aria-label={title} tabIndex={0}>
      <table>
        <caption>{title}</caption>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th scope="col" key={column} class={numeric[at] ? 'right' : ''}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.join('\t')}>
              {row.map((cell, at) =>
                at === 0 ? (
                  <th scope="row" key={columns[at]}>
                    {cell}
                  </th>
                ) : (
                  <td key={columns[at]} class={numeric[at] ? 'right tabular' : ''}>
                    <Cell text={cell} />
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A rate is a number to compare: a bar says it once more. */
function Cell({ text }: { text: string }) {
  const found = rateOf(text);
  if (found === undefined) return <>{text}</>;
  const { rate, low, high } = found;
  return (
    <span class="rate">
      <span>
        <b>{rate}%</b>{' '}
        <small>
          [{low}, {high}]
        </small>
      </span>
      <span class="rate-track" aria-hidden="true">
        <span style={{ width: `${Math.min(100, Math.max(0, Number(rate)))}%` }} />
      </span>
    </span>
  );
}
