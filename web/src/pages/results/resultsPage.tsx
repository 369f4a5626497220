import { t } from '../../texts/texts.ts';

export function ResultsPage() {
  return <h1>{t().pages.results}</h1>;
}
