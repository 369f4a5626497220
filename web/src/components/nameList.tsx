/** Names to choose from, each with a line about it: a list of links beside what they open. */
import type { ComponentChildren } from 'preact';

export interface NamedItem {
  readonly name: string;
  readonly href: string;
  readonly note: ComponentChildren;
  readonly mark?: string;
}

interface Props {
  readonly label: string;
  readonly items: readonly NamedItem[];
  readonly current: string | undefined;
}

export function NameList({ label, items, current }: Props) {
  return (
    <nav aria-label={label}>
      <ul class="names">
        {items.map(({ name, href, note, mark }) => (
          <li key={name}>
            <a href={href} aria-current={name === current ? 'true' : undefined}>
              <span class="names-name">
                {mark && <span class={`dot dot-${mark}`} />}
                {name}
              </span>
              <span class="quiet">{note}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
