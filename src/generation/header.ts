/**
 * How figures and tables name what drew a picture: an encoder and the language of the prompt. Knows no drawing.
 */

/** Of a prompt. */
export type Language = 'en' | 'ko';

/**
 * Korean, then English on a line of its own; without `student`, the model's own encoder. Korean prompts say whether they
 * were read before or after distillation.
 */
export function columnHeader(language: Language, student?: string): string {
  const [when, moment] = student === undefined ? ['전', 'before'] : ['후', 'after'];
  const [ko, en] = language === 'ko' ? [`한국어 (${when})`, `Korean (${moment})`] : ['영어', 'English'];
  return `${student ?? '원본'} + ${ko}\n${student ?? 'original'} + ${en}`;
}
