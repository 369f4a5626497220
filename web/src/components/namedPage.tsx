/** A page of things that have names: a list of them, beside the one that the address names, or the first. */
import type { ComponentChildren } from 'preact';
import type { Remote } from '../state/remote.ts';
import { route } from '../state/route.ts';
import { ErrorNote } from './errorNote.tsx';
import { type NamedItem, NameList } from './nameList.tsx';
import { Empty, Skeleton } from './parts.tsx';

interface Props<Answer> {
  readonly texts: {
    readonly title: string;
    readonly list: string;
    readonly empty: string;
    readonly emptyText: string;
  };
  readonly list: Remote<Answer>;
  readonly itemsOf: (answer: Answer) => readonly NamedItem[];
  readonly show: (name: string) => ComponentChildren;
}

export function NamedPage<Answer>({ texts, list, itemsOf, show }: Props<Answer>) {
  const { value, error, loading } = list.state.value;
  const items = value === undefined ? [] : itemsOf(value);
  const current = route.value.name ?? items[0]?.name;
  return (
    <>
      <header class="page-head">
        <h1>{texts.title}</h1>
      </header>
      {error !== undefined && <ErrorNote error={error} onRetry={() => void list.load()} />}
      {loading && <Skeleton />}
      <div class={items.length > 0 ? 'split' : ''}>
        {items.length > 0 && <NameList label={texts.list} current={current} items={items} />}
        {current !== undefined && show(current)}
        {value && items.length === 0 && current === undefined && (
          <div class="stage-empty">
            <Empty title={texts.empty} text={texts.emptyText} />
          </div>
        )}
      </div>
    </>
  );
}
