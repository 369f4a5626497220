/** One corpus: its balance, its sources, its distributions, and its pairs. */
import type { Corpus } from '../../../../src/server/contract/workbench.ts';
import * as api from '../../api/routes.ts';
import { Bars } from '../../components/bars.tsx';
import { ErrorNote } from '../../components/errorNote.tsx';
import { Histogram } from '../../components/histogram.tsx';
import { Skeleton } from '../../components/parts.tsx';
import { Table } from '../../components/table.tsx';
import { language } from '../../state/settings.ts';
import { useRemote } from '../../state/useRemote.ts';
import { number, percent, t } from '../../texts/texts.ts';
import { Pairs } from './pairs.tsx';

export function CorpusView({ name }: { name: string }) {
  const fetched = useRemote((signal) => api.corpus(name, signal), name);
  const { value, error } = fetched.state.value;
  if (error !== undefined) return <ErrorNote error={error} onRetry={() => void fetched.load()} />;
  if (!value) return <Skeleton rows={6} />;
  return (
    <article class="corpus">
      <Balance corpus={value} />
      <Sources corpus={value} />
      <section class="histograms" aria-label={t().corpus.histograms}>
        {value.histograms.map((histogram) => (
          <Histogram key={histogram.title.en} histogram={histogram} title={histogram.title[language.value]} />
        ))}
      </section>
      <Pairs name={name} />
    </article>
  );
}

function Balance({ corpus }: { corpus: Corpus }) {
  const texts = t().corpus;
  const dropped = corpus.read - corpus.kept;
  const part = corpus.read > 0 ? corpus.kept / corpus.read : 0;
  return (
    <section>
      <h2>{corpus.name}</h2>
      <dl class="figures">
        <div>
          <dt>{texts.kept}</dt>
          <dd>
            {number(corpus.kept)} <small>{percent(part)}</small>
          </dd>
        </div>
        <div>
          <dt>{texts.dropped}</dt>
          <dd>
            {number(dropped)} <small>{percent(1 - part)}</small>
          </dd>
        </div>
        <div>
          <dt>{texts.read}</dt>
          <dd>{number(corpus.read)}</dd>
        </div>
      </dl>
      <h3>{texts.reasons}</h3>
      {corpus.dropped.length === 0 ? (
        <p class="quiet">{texts.noneDropped}</p>
      ) : (
        <Bars
          items={corpus.dropped.map(({ title, count }) => ({
            label: title[language.value],
            value: count,
            text: number(count),
          }))}
        />
      )}
    </section>
  );
}

function Sources({ corpus }: { corpus: Corpus }) {
  const texts = t().corpus;
  if (corpus.sources.length === 0) return null;
  return (
    <section>
      <Table
        title={texts.sources}
        columns={[texts.source, texts.kept, texts.dropped]}
        rows={corpus.sources.map(({ name, kept, dropped }) => [name, number(kept), number(dropped)])}
      />
    </section>
  );
}
