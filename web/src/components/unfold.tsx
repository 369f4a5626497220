/** What is seldom needed: folded away, and as the reader left it last time. */
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { stored } from '../state/stored.ts';

interface Props {
  readonly name: string;
  readonly title: string;
  readonly children: ComponentChildren;
  /** Opens it, for example because a field in it is wrong. */
  readonly force?: boolean;
}

export function Unfold({ name, title, children, force }: Props) {
  const open = useMemo(() => stored(`open:${name}`, false), [name]);
  return (
    <details
      class="unfold"
      open={open.value || force}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>{title}</summary>
      <div class="unfold-body">{children}</div>
    </details>
  );
}
