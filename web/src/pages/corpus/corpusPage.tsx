import { t } from '../../texts/texts.ts';

export function CorpusPage() {
  return <h1>{t().pages.corpus}</h1>;
}
