/**
 * In which language the command line speaks; messages themselves are in ../language.ts.
 *
 * Errors that come from below are English: their Korean heading is in failure.ts.
 */

import type { Language } from '../language.ts';

export { below, speak, t, word } from '../language.ts';

export const languages: readonly string[] = ['ko', 'en', 'both'] satisfies Language[];

/** Whether `value` names a language; anything else is left for the option parser to refuse. */
function isLanguage(value: string | undefined): value is Language {
  return value !== undefined && languages.includes(value);
}

/**
 * The language that was asked for: `--lang` among the arguments, else KSD_LANG, else the locale. A Korean locale means
 * Korean only; any other one both, since servers seldom say what their users read.
 *
 * Looked up before the arguments are parsed, since the help texts that the parser holds are already in it.
 */
export function requestedLanguage(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Language {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const before = args.slice(0, end);
  const at = before.indexOf('--lang');
  const option =
    at >= 0 ? before[at + 1] : before.find((arg) => arg.startsWith('--lang='))?.slice('--lang='.length);
  const asked = [option, environment['KSD_LANG']].find(isLanguage);
  if (asked !== undefined) return asked;
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return /^ko\b|^ko_/i.test(locale) ? 'ko' : 'both';
}

/** Beside what the command was asked for. */
export function warn(text: string): void {
  process.stderr.write(`⚠ ${text}\n`);
}
