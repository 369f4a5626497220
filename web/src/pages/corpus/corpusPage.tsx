/** 말뭉치: what was kept and what was dropped, and why. */
import * as api from '../../api/routes.ts';
import { NamedPage } from '../../components/namedPage.tsx';
import { formatRoute } from '../../state/route.ts';
import { useRemote } from '../../state/useRemote.ts';
import { number, t } from '../../texts/texts.ts';
import { CorpusView } from './corpusView.tsx';

export function CorpusPage() {
  const texts = t().corpus;
  return (
    <NamedPage
      texts={texts}
      list={useRemote(api.corpora, 'corpora')}
      itemsOf={({ corpora }) =>
        corpora.map(({ name, pairs }) => ({
          name,
          href: formatRoute('corpus', name),
          note: texts.pairs(number(pairs)),
        }))
      }
      show={(name) => <CorpusView key={name} name={name} />}
    />
  );
}
