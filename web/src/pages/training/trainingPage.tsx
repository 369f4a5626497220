import { t } from '../../texts/texts.ts';

export function TrainingPage() {
  return <h1>{t().pages.training}</h1>;
}
