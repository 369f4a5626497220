/**
 * A diagnosis in the terminal.
 */
import { type Diagnosis, thirds } from '../evaluation/diagnosis.ts';
import { wholePercent } from '../evaluation/interval.ts';
import type { Neighbor } from '../evaluation/nearest.ts';
import type { Drawing } from '../evaluation/readDrawing.ts';
import type { ReadToken, TokenReading } from '../text/tokenReading.ts';
import { t, word } from './messages.ts';
import { factLines, tableLines } from './table.ts';

/** The lines of the summary. */
export function diagnosisLines(diagnosis: Diagnosis): string[] {
  const { tokens, textEncoder, model, own, drawing, referenceDrawing } = diagnosis;
  const readings: [string, string][] = [
    [textEncoder, tokenLine(tokens.prompt)],
    ...(own ? [] : [[model, tokenLine(tokens.byOwn)] as [string, string]]),
    ...(tokens.reference ? [[`${model} (en)`, tokenLine(tokens.reference)] as [string, string]] : []),
  ];
  return [
    heading(t('토큰', 'tokens')),
    ...factLines(readings),
    ...measureLines(diagnosis),
    ...neighborLines(diagnosis),
    ...[drawing, ...(referenceDrawing ? [referenceDrawing] : [])].flatMap(shareLines),
  ];
}

function heading(text: string): string {
  return `\n── ${text}`;
}

/** Tokens of a word stand together; of a word that is spelt in bytes, only how many. */
function tokenLine({ rows, cut, count, words }: TokenReading): string {
  const all = [...rows, ...cut];
  const shown = words.map((text, place) =>
    spelt(
      text,
      all.filter((one) => one.word === place),
    ),
  );
  const over = cut.length === 0 ? '' : `, ${t(`뒤의 ${cut.length}개 잘림`, `the last ${cut.length} cut`)}`;
  return `${shown.join('  ')}  (${count}/75${over})`;
}

function spelt(whole: string, tokens: readonly ReadToken[]): string {
  const bytes = tokens.filter(({ kind }) => kind === 'bytes').length;
  if (bytes > 0) return `${whole}‹${bytes} ${word('바이트', 'bytes')}›`;
  return tokens.map(({ text }) => text).join('·');
}

function measureLines({ recovery, errors, own }: Diagnosis): string[] {
  if (!recovery) return [];
  const { prompt, byOwn } = recovery;
  const before = own ? '' : `  (${t('증류 전', 'before')} ${wholePercent(byOwn.whole)})`;
  const content = errors?.r2?.content;
  const afterEnd = errors?.r2?.afterEnd;
  return [
    heading(t('영어 기준문 대비', 'against the reference')),
    ...factLines([
      [t('전해진 조건', 'condition that arrives'), `${wholePercent(prompt.whole)}${before}`],
      [t('처음·중간·끝 단계', 'early, middle, late steps'), thirds(prompt).map(wholePercent).join(' · ')],
      ...(content === undefined ? [] : [[t('R² 단어', 'R² of words'), content.toFixed(2)] as const]),
      ...(afterEnd === undefined ? [] : [[t('R² 끝 뒤', 'R² after the end'), afterEnd.toFixed(2)] as const]),
    ]),
  ];
}

function neighborLines({ neighbors }: Diagnosis): string[] {
  if (!neighbors) return [];
  const lines = (language: 'ko' | 'en', all: readonly Neighbor[]) =>
    all.map((one) => `${one.cosine.toFixed(2)}  ${one[language]}  ← ${one[language === 'ko' ? 'en' : 'ko']}`);
  const { pool } = neighbors;
  return [
    heading(t(`무엇으로 읽혔나 (${pool}쌍 가운데)`, `what it was taken for (among ${pool} pairs)`)),
    ...lines('en', neighbors.english),
    heading(t('같은 인코더의 한국어', 'Korean by the same encoder')),
    ...lines('ko', neighbors.korean),
    ...(neighbors.reference
      ? [
          heading(t('기준문에 가까운 영어', 'English near to the reference')),
          ...lines('en', neighbors.reference),
        ]
      : []),
  ];
}

/** How much each word is read, and how far it is from being read everywhere alike. */
function shareLines({ text, groups }: Drawing): string[] {
  const special = {
    start: word('(시작)', '(start)'),
    end: word('(끝)', '(end)'),
    pad: word('(끝 뒤)', '(after the end)'),
    word: '',
  };
  const rows = groups.map(({ kind, text: own, share, map }) => {
    const most = map.reduce((a, b) => Math.max(a, b), 0);
    return [own || special[kind], wholePercent(share), share > 0 ? `${(most / share).toFixed(1)}×` : '·'];
  });
  const header = [word('단어', 'word'), word('읽힌 비율', 'share'), word('가장 많이 읽은 곳', 'at its peak')];
  return [heading(text), ...tableLines(header, rows)];
}
