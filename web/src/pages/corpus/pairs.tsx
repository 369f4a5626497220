/** The pairs of a corpus, and the search in them. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import * as api from '../../api/routes.ts';
import { ErrorNote } from '../../components/errorNote.tsx';
import { Skeleton } from '../../components/parts.tsx';
import { SearchField } from '../../components/searchField.tsx';
import { route, setParams } from '../../state/route.ts';
import { useRemote } from '../../state/useRemote.ts';
import { number, t } from '../../texts/texts.ts';

const PAGE = 20;
const PAUSE = 300;

export function Pairs({ name }: { name: string }) {
  const texts = t().corpus;
  const query = route.value.params['query'] ?? '';
  const offset = Number(route.value.params['offset'] ?? 0) || 0;
  const typed = useSignal(query);
  const fetched = useRemote(
    (signal) => api.corpusPairs(name, { query, offset, limit: PAGE }, signal),
    `${name}\t${query}\t${offset}`,
  );
  useEffect(() => {
    const timer = setTimeout(() => {
      const next = typed.value.trim();
      if (next !== query) setParams({ query: next, offset: undefined });
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [typed.value, query]);
  const { value, error } = fetched.state.value;
  const pairs = value?.pairs ?? [];
  return (
    <section aria-labelledby="pairs-title">
      <header class="section-head">
        <h2 id="pairs-title">{texts.search}</h2>
        <SearchField
          label={texts.search}
          placeholder={texts.searchHint}
          value={typed.value}
          onValue={(text) => {
            typed.value = text;
          }}
        />
      </header>
      {error !== undefined && <ErrorNote error={error} onRetry={() => void fetched.load()} />}
      {!value && error === undefined && <Skeleton rows={4} />}
      {value && pairs.length === 0 && <p class="quiet">{texts.noMatch}</p>}
      <ul class="pairs">
        {pairs.map((pair, at) => (
          <li key={`${offset + at}`}>
            <p lang="ko">{pair.ko}</p>
            <p lang="en">{pair.en}</p>
            <p class="quiet">{[pair.source, pair.domain].filter(Boolean).join(' · ')}</p>
          </li>
        ))}
      </ul>
      {(offset > 0 || value?.more) && (
        <Pager offset={offset} count={pairs.length} more={value?.more ?? false} />
      )}
    </section>
  );
}

function Pager({ offset, count, more }: { offset: number; count: number; more: boolean }) {
  const texts = t().corpus;
  const to = (next: number) => setParams({ offset: next > 0 ? String(next) : undefined });
  return (
    <div class="row pager">
      <button
        type="button"
        class="button"
        disabled={offset === 0}
        onClick={() => to(Math.max(0, offset - PAGE))}
      >
        {texts.previous}
      </button>
      <span class="quiet tabular">{texts.rows(number(offset + 1), number(offset + count))}</span>
      <button type="button" class="button" disabled={!more} onClick={() => to(offset + PAGE)}>
        {texts.next}
      </button>
    </div>
  );
}
