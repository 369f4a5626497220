/** The page: its header, the page that the address names, and what it says in passing. */
import { useEffect } from 'preact/hooks';
import { Notice } from '../components/notice.tsx';
import { ComparePage } from '../pages/compare/comparePage.tsx';
import { CorpusPage } from '../pages/corpus/corpusPage.tsx';
import { DrawPage } from '../pages/draw/drawPage.tsx';
import { ResultsPage } from '../pages/results/resultsPage.tsx';
import { TrainingPage } from '../pages/training/trainingPage.tsx';
import { type Page, route } from '../state/route.ts';
import { t } from '../texts/texts.ts';
import { Header } from './header.tsx';

const pages: Readonly<Record<Page, () => preact.JSX.Element>> = {
  draw: DrawPage,
  compare: ComparePage,
  training: TrainingPage,
  corpus: CorpusPage,
  results: ResultsPage,
};

export function App() {
  const { page } = route.value;
  const Current = pages[page];
  const title = t().pages[page];
  useEffect(() => {
    document.title = `${title} · K-Stable-Diffusion`;
  }, [title]);
  return (
    <>
      {/* biome-ignore lint/a11y/useValidAnchor: a link within the page, as screen readers expect it; the hash is taken by the address. */}
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        {t().app.skip}
      </a>
      <Header />
      <main id="main" tabIndex={-1} class={`page page-${page}`} key={page}>
        <Current />
      </main>
      <Notice />
    </>
  );
}
