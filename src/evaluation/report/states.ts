/**
 * How near the states are to the teacher's: errors, what they explain, and whether translations are found again.
 */
import { both, section } from '../../pictures/page.ts';
import { escapeXml } from '../../pictures/svg.ts';
import { recalls, type StatesGroup, type StatesRow } from '../states.ts';
import { heat, note, number, systemName, table, twoLanguages } from './cells.ts';
import type { EvaluationReport, MeasuredStates } from './evaluationReport.ts';
import type { ShownSystem } from './roles.ts';

export function statesSections({ states }: EvaluationReport, systems: readonly ShownSystem[]): string[] {
  if (states === undefined) return [];
  const role = (row: StatesRow) => systems.find(({ name }) => name === row.system)?.role;
  const name = (row: StatesRow) => systemName(row.label, role(row));
  return [
    section(
      '텍스트 상태',
      'Text states',
      note(
        `${states.pool}쌍에서, 원본이 영어 문장에 주는 상태와 견줍니다. R²는 위치마다의 평균을 0으로, 똑같으면 1로 합니다.`,
        `Beside the states that the original gives the English sentence, on ${states.pool} pairs. R² is 0 for the mean of each position and 1 for equal states.`,
      ),
      errors(states, name),
    ),
    section(
      '되찾은 번역',
      'Translations found again',
      note(
        `${states.pool}문장 가운데 제 번역이 가장 가까운 1, 5, 10개 안에 드는 비율(%). 우연이면 ${(100 / states.pool).toFixed(1)}%입니다.`,
        `How often a sentence’s own translation is among the 1, 5 and 10 nearest of ${states.pool}, in percent. By chance: ${(100 / states.pool).toFixed(1)} %.`,
      ),
      retrieval(states, name),
    ),
    groups(states, 'length', '길이에 따라', 'By length'),
    groups(states, 'domain', '분야에 따라', 'By domain'),
  ];
}

type NameOf = (row: StatesRow) => string;

function errors({ rows }: MeasuredStates, name: NameOf): string {
  const lines = rows.map((row) => {
    const { mse, r2, cosine } = row;
    const explained = [r2.all, r2.content, r2.afterEnd].map((part) => heat(part, { write: twoDigits }));
    return `<tr>${name(row)}${number(mse.mean.toFixed(4))}${explained.join('')}${number(cosine.mean.toFixed(3))}</tr>`;
  });
  const headings = [
    both('인코더 + 프롬프트', 'encoder + prompt'),
    both('평균 제곱 오차', 'mean squared error'),
    both('R², 모두', 'R², all'),
    both('R², 낱말과 끝', 'R², words and end'),
    both('R², 끝난 뒤', 'R², after the end'),
    both('낱말의 코사인', 'cosine of words'),
  ];
  return table('heats', headings, lines);
}

/** "0.88", "−0.71" */
function twoDigits(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

function retrieval({ rows }: MeasuredStates, name: NameOf): string {
  const lines = rows.map((row) => {
    const { toTeacher, fromTeacher } = row.retrieval.tokens;
    const cells = [toTeacher, fromTeacher].flatMap((recall) => recalls.map((k) => heat(recall[k])));
    const pooled = heat(row.retrieval.pooled.toTeacher[1]);
    return `<tr>${name(row)}${cells.join('')}${pooled}</tr>`;
  });
  const to = recalls.map((k) => `${both('원본을 찾기', 'finds the original')} @${k}`);
  const from = recalls.map((k) => `${both('원본이 찾기', 'found by it')} @${k}`);
  const headings = [
    both('인코더 + 프롬프트', 'encoder + prompt'),
    ...to,
    ...from,
    `${both('평균 상태로', 'by mean state')} @1`,
  ];
  return table('heats', headings, lines);
}

/** A row a group, and for each system what is explained there and small, what is found again. */
function groups({ rows }: MeasuredStates, by: StatesGroup['by'], ko: string, en: string): string {
  const names = [
    ...new Set(rows.flatMap((row) => row.groups.filter((one) => one.by === by).map((one) => one.name))),
  ];
  if (names.length === 0) return '';
  const of = (row: StatesRow, name: string) => row.groups.find((one) => one.by === by && one.name === name);
  const lines = names.map((name) => {
    const n = rows.map((row) => of(row, name)?.n).find((count) => count !== undefined) ?? 0;
    const cells = rows.map((row) => heat(of(row, name)?.found));
    const shown = by === 'length' ? `${escapeXml(name)} ${both('토큰', 'tokens')}` : escapeXml(name);
    return `<tr><th scope="row">${shown}</th>${number(String(n))}${cells.join('')}</tr>`;
  });
  const headings = [
    both(by === 'length' ? '원본의 토큰' : '분야', by === 'length' ? 'tokens of the original' : 'domain'),
    'n',
    ...rows.map(({ label }) => twoLanguages(label)),
  ];
  return section(
    ko,
    en,
    note('되찾은 번역 @1 (%)', 'Translations found again @1, in percent.'),
    table('heats', headings, lines),
  );
}
