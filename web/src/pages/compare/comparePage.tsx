import { t } from '../../texts/texts.ts';

export function ComparePage() {
  return <h1>{t().pages.compare}</h1>;
}
