/** 평가: the tables and pictures of `ksd eval`. */
import * as api from '../../api/routes.ts';
import { ErrorNote } from '../../components/errorNote.tsx';
import { NamedPage } from '../../components/namedPage.tsx';
import { Skeleton } from '../../components/parts.tsx';
import { Table } from '../../components/table.tsx';
import { oneOfEach } from '../../state/figures.ts';
import { formatRoute } from '../../state/route.ts';
import { language } from '../../state/settings.ts';
import { useRemote } from '../../state/useRemote.ts';
import { dateTime, t } from '../../texts/texts.ts';

export function ResultsPage() {
  return (
    <NamedPage
      texts={t().results}
      list={useRemote(api.results, 'results')}
      itemsOf={({ results }) =>
        results.map(({ name, createdAt }) => ({
          name,
          href: formatRoute('results', name),
          note: dateTime(createdAt),
        }))
      }
      show={(name) => <ResultView key={name} name={name} />}
    />
  );
}

function ResultView({ name }: { name: string }) {
  const fetched = useRemote((signal) => api.result(name, signal), name);
  const texts = t().results;
  const { value, error } = fetched.state.value;
  if (error !== undefined) return <ErrorNote error={error} onRetry={() => void fetched.load()} />;
  if (!value) return <Skeleton rows={6} />;
  const named = (text: string) => value.names[text]?.[language.value] ?? texts.words[text] ?? text;
  return (
    <article class="result">
      <header class="row row-apart">
        <h2>{value.name}</h2>
        {value.report && (
          <a class="button" href={api.resultFile(name, value.report)} target="_blank" rel="noreferrer">
            {texts.report}
          </a>
        )}
      </header>
      {value.tables.map((table) => (
        <Table
          key={table.title.en}
          title={table.title[language.value]}
          columns={table.columns.map(named)}
          rows={table.rows.map((row) => row.map(named))}
        />
      ))}
      {oneOfEach(value.figures).map((file) => (
        <figure key={file} class="sample">
          <img src={api.resultFile(name, file)} alt={texts.figure(file)} loading="lazy" />
        </figure>
      ))}
    </article>
  );
}
