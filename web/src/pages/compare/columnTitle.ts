/** What a column of a comparison is called: `원본 + 한국어`. */
import type { ColumnTitle } from '../../state/comparison.ts';
import { t } from '../../texts/texts.ts';

export function columnTitle({ encoder, language }: ColumnTitle): string {
  const texts = t().compare;
  const name = encoder === 'original' ? texts.original : encoder;
  return `${name} + ${texts.languages[language]}`;
}
