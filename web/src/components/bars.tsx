/** Amounts as bars, the longest first or as they come. */

interface Props {
  readonly items: readonly { readonly label: string; readonly value: number; readonly text: string }[];
}

export function Bars({ items }: Props) {
  const most = Math.max(1, ...items.map(({ value }) => value));
  return (
    <ul class="bars">
      {items.map(({ label, value, text }) => (
        <li key={label}>
          <span>{label}</span>
          <span class="bars-track" aria-hidden="true">
            <span style={{ width: `${(value / most) * 100}%` }} />
          </span>
          <span class="tabular">{text}</span>
        </li>
      ))}
    </ul>
  );
}
