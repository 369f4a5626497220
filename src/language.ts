/**
 * In which language people are spoken to. Messages stand where they are used, as `t(korean, english)`.
 */

export type Language = 'ko' | 'en' | 'both';

let current: Language = 'both';

/** Korean, English, or "한국어 / English". */
export function t(ko: string, en: string): string {
  if (current === 'both') return `${ko} / ${en}`;
  return current === 'ko' ? ko : en;
}

/** Korean, English, or one below the other: for sentences that are too long for one line. */
export function below(ko: string, en: string): string {
  if (current === 'both') return `${ko}\n${en}`;
  return current === 'ko' ? ko : en;
}

/** One of the two, for words that stand where both would be too long: Korean unless English was asked for. */
export function word(ko: string, en: string): string {
  return current === 'en' ? en : ko;
}

export function speak(language: Language): void {
  current = language;
}
