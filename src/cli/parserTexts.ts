/**
 * What the option parser says by itself, in the language of the command line: headings of help texts, notes behind
 * options, and what was not understood. Commander has no translations of its own.
 */
import type { HelpConfiguration, Option, OutputConfiguration } from 'commander';
import { below, t, word } from './messages.ts';
import { displayWidth } from './width.ts';

/** Headings of help texts in commander's words. */
const titles: Readonly<Record<string, () => string>> = {
  'Usage:': () => t('사용법', 'Usage'),
  'Arguments:': () => t('인자', 'Arguments'),
  'Options:': () => t('옵션', 'Options'),
  'Commands:': () => t('명령', 'Commands'),
};

/** Commander's messages, and what they are in Korean. */
const messages: readonly (readonly [english: RegExp, korean: string])[] = [
  [/^error: unknown command '(.*)'/, "'$1' 명령은 없습니다."],
  [/^error: unknown option '(.*)'/, "'$1' 옵션은 없습니다."],
  [/^error: missing required argument '(.*)'/, "인자 '$1'이(가) 필요합니다."],
  [/^error: required option '(.*)' not specified/, "'$1' 옵션이 필요합니다."],
  [/^error: option '(.*)' argument missing/, "'$1' 옵션에 값을 주세요."],
  [/^error: option '(.*)' argument '(.*)' is invalid\./, "'$1' 옵션에 '$2' 값은 쓸 수 없습니다."],
  [/^error: too many arguments.*/, '인자가 너무 많습니다. 띄어쓰기가 있는 프롬프트는 따옴표로 감싸 주세요.'],
  [/Allowed choices are (.*)\./, '다음 중에서 고르세요: $1.'],
  [/\n\(Did you mean (.*)\?\)/, " '$1'을(를) 뜻하셨나요?"],
  [/\n\(Did you mean one of (.*)\?\)/, ' 비슷한 이름: $1'],
];

/** How help texts are laid out and worded. */
export const helpTexts: HelpConfiguration = {
  displayWidth: (text) => displayWidth(text),
  styleTitle: (title) => `${titles[title]?.() ?? title.replace(/:$/, '')}:`,
  styleUsage: optionsWord,
  styleSubcommandTerm: optionsWord,
  optionDescription,
};

/** How the parser's errors are written. */
export const errorTexts: OutputConfiguration = {
  outputError: (text, write) => {
    const english = text.trim();
    const korean = messages.reduce((message, [pattern, ko]) => message.replace(pattern, ko), english);
    write(`${below(korean, english)}\n`);
  },
};

/** Follows the parser's errors. */
export function helpHint(): string {
  return `  → ${t('ksd --help나 ksd <명령> --help를 보세요.', 'See ksd --help or ksd <command> --help.')}`;
}

function optionsWord(usage: string): string {
  return usage
    .replace('[options]', word('[옵션]', '[options]'))
    .replace('[command]', word('[명령]', '[command]'));
}

/** The description with what may be given and what is taken without it. */
function optionDescription({
  description,
  argChoices,
  defaultValue,
  defaultValueDescription,
}: Option): string {
  const preset = defaultValueDescription ?? (defaultValue === undefined ? '' : String(defaultValue));
  const notes = [
    ...(argChoices ? [argChoices.join(' | ')] : []),
    ...(preset === '' ? [] : [`${word('기본', 'default')} ${preset}`]),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join(', ')})`;
}
