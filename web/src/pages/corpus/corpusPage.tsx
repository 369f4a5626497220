/** 말뭉치: what was kept and what was dropped, and why. */
import * as api from '../../api/routes.ts';
import { ErrorNote } from '../../components/errorNote.tsx';
import { NameList } from '../../components/nameList.tsx';
import { Empty, Skeleton } from '../../components/parts.tsx';
import { formatRoute, route } from '../../state/route.ts';
import { useRemote } from '../../state/useRemote.ts';
import { number, t } from '../../texts/texts.ts';
import { CorpusView } from './corpusView.tsx';

export function CorpusPage() {
  const list = useRemote(api.corpora, 'corpora');
  const texts = t().corpus;
  const { value, error, loading } = list.state.value;
  const corpora = value?.corpora ?? [];
  const current = route.value.name ?? corpora[0]?.name;
  return (
    <>
      <header class="page-head">
        <h1>{texts.title}</h1>
      </header>
      {error !== undefined && <ErrorNote error={error} onRetry={() => void list.load()} />}
      {loading && <Skeleton />}
      <div class={corpora.length > 0 ? 'split' : ''}>
        {corpora.length > 0 && (
          <NameList
            label={texts.list}
            current={current}
            items={corpora.map(({ name, pairs }) => ({
              name,
              href: formatRoute('corpus', name),
              note: texts.pairs(number(pairs)),
            }))}
          />
        )}
        {current !== undefined && <CorpusView key={current} name={current} />}
        {value && corpora.length === 0 && current === undefined && (
          <div class="stage-empty">
            <Empty title={texts.empty} text={texts.emptyText} />
          </div>
        )}
      </div>
    </>
  );
}
