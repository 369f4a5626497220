/**
 * The few numbers that say most of a diagnosis, at the head of its page.
 */
import { both } from '../pictures/page.ts';
import { escapeXml } from '../pictures/svg.ts';
import type { TokenKind } from '../text/tokenReading.ts';
import { type Diagnosis, thirds, unmatchedRows } from './diagnosis.ts';
import { wholePercent } from './interval.ts';

/** Those of them that the diagnosis has, as tiles of HTML. */
export function factTiles(diagnosis: Diagnosis): string {
  const tile = ([value, name, note]: Fact) =>
    `<div class="fact"><b>${value}</b><span>${name}</span><small>${note}</small></div>`;
  const all = [recoveryFact(diagnosis), nearestFact(diagnosis), statesFact(diagnosis), tokensFact(diagnosis)];
  return `<div class="facts">${all.flatMap((fact) => (fact ? [tile(fact)] : [])).join('')}</div>`;
}

type Fact = readonly [value: string, name: string, note: string];

function recoveryFact({ recovery, own }: Diagnosis): Fact | undefined {
  if (!recovery) return undefined;
  const [early, , late] = thirds(recovery.prompt).map(wholePercent);
  const steps = both(`앞 단계 ${early}, 뒤 단계 ${late}`, `early steps ${early}, late ${late}`);
  const before = wholePercent(recovery.byOwn.whole);
  const note = own ? steps : `${steps}<br/>${both(`증류 전 ${before}`, `before distillation ${before}`)}`;
  const name =
    recovery.prompt.whole < 0
      ? both(
          '빈 프롬프트보다 더 멀다: 다른 그림으로 이끈다',
          'farther than the empty prompt: it leads elsewhere',
        )
      : both('그림에 전해진 조건', 'of the condition arrives');
  return [wholePercent(recovery.prompt.whole), name, note];
}

function nearestFact({ neighbors }: Diagnosis): Fact | undefined {
  const nearest = neighbors?.english[0];
  if (!nearest) return undefined;
  const name = both('U-Net이 보기에 가장 비슷한 문장', 'the nearest sentence, as the U-Net sees it');
  return [`<q>${escapeXml(nearest.en)}</q>`, name, `cos ${nearest.cosine.toFixed(2)}`];
}

function statesFact({ errors, tokens }: Diagnosis): Fact | undefined {
  const content = errors?.r2?.content;
  if (content === undefined) return undefined;
  const lost = unmatchedRows(tokens);
  const [first, last] = [lost[0], lost.at(-1)];
  const places = first === last ? String(first) : `${first}–${last}`;
  const note =
    lost.length === 0
      ? both('영어 기준문의 교사 대비', 'against the teacher’s reference')
      : both(
          `영어의 ${places}번 자리에는 한국어 토큰이 없음`,
          `no Korean token at places ${places} of the English`,
        );
  return [content.toFixed(2), both('단어 행의 R²', 'R² of the rows of words'), note];
}

function tokensFact({ tokens }: Diagnosis): Fact {
  const { rows, cut, count } = tokens.prompt;
  const number = (wanted: TokenKind) => rows.filter(({ kind }) => kind === wanted).length;
  const [unknown, bytes] = [number('unknown'), number('bytes')];
  const notes = [
    ...(unknown > 0 ? [both(`모르는 조각 ${unknown}개`, `${unknown} unknown`)] : []),
    ...(bytes > 0 ? [both(`글자의 조각 ${bytes}개`, `${bytes} parts of characters`)] : []),
    ...(cut.length > 0 ? [both(`뒤의 ${cut.length}개는 잘림`, `the last ${cut.length} are cut`)] : []),
  ];
  const note = notes.length > 0 ? notes.join(' · ') : both('모두 아는 말', 'all in the vocabulary');
  return [String(count), both('토큰', 'tokens'), note];
}
