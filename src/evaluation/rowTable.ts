/**
 * The rows of a prompt one below the other, with how much each is read and how far it is from the teacher's: a part of the page
 * of a diagnosis.
 */
import { both } from '../pictures/page.ts';
import { escapeXml } from '../pictures/svg.ts';
import type { ReadToken } from '../text/tokenReading.ts';
import type { Diagnosis } from './diagnosis.ts';

interface Line {
  readonly place: string;
  readonly token: string;
  readonly reference: string;
  readonly share: number;
  readonly error: number | undefined;
}

const percent = (value: number) => `${(100 * value).toFixed(1)}%`;

/** Bars of the error end here: a state that knows nothing of the text has an error of about 1. */
const mostError = 1.5;

/** The rows up to the last one that either text has a token in; those after them in one line, with the mean of their errors. */
export function rowTable(diagnosis: Diagnosis): string {
  const lines = tableLines(diagnosis);
  const { errors, tokens } = diagnosis;
  const compared = errors !== undefined;
  const most = Math.max(...lines.map(({ share }) => share));
  const head = [
    `<th scope="col" class="place">${both('위치', 'place')}</th>`,
    `<th scope="col">${both('토큰', 'token')}</th>`,
    tokens.reference ? `<th scope="col">${both('기준문의 토큰', 'token of the reference')}</th>` : '',
    `<th scope="col" colspan="2">${both('읽힌 비율', 'share of reading')}</th>`,
    compared ? `<th scope="col" colspan="2">${errorName(errors.relativeTo)}</th>` : '',
  ].join('');
  const body = lines.map(({ place, token, reference, share, error }) => {
    const cells = [
      `<th scope="row" class="place">${place}</th><td>${token}</td>`,
      tokens.reference ? `<td>${reference}</td>` : '',
      `<td class="number">${percent(share)}</td><td class="meter">${bar(share / most)}</td>`,
      compared
        ? `<td class="number">${error === undefined ? '·' : error.toFixed(2)}</td><td class="meter">${errorBar(error)}</td>`
        : '',
    ];
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table class="rows"><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function errorName(relativeTo: 'variance' | 'square'): string {
  return relativeTo === 'variance'
    ? both(
        '오차 ÷ 교사의 분산 (1: 아무것도 모르는 정도)',
        'error ÷ the teacher’s variance (1: knows nothing)',
      )
    : both('오차 ÷ 교사의 제곱', 'error ÷ the teacher’s square');
}

function bar(part: number, kind = 'keep'): string {
  return `<span class="track"><span class="${kind}" style="width:${percent(Math.min(1, part))}"></span></span>`;
}

function errorBar(error: number | undefined): string {
  return error === undefined ? '' : bar(error / mostError, error < 1 ? 'keep' : 'over');
}

function tableLines({ tokens, drawing, errors }: Diagnosis): Line[] {
  const { rows } = tokens.prompt;
  const reference = tokens.reference?.rows;
  const pads = [rows, ...(reference ? [reference] : [])].map((some) =>
    some.findIndex(({ kind }) => kind === 'pad'),
  );
  const end = pads.includes(-1) ? rows.length : Math.max(...pads);
  const shares = drawing.rowShares;
  const lines = rows.slice(0, end).map(
    (token, row): Line => ({
      place: String(row),
      token: name(token),
      reference: reference ? name(reference[row] as ReadToken) : '',
      share: shares[row] as number,
      error: errors?.rows[row],
    }),
  );
  if (end === rows.length) return lines;
  const rest = errors?.rows.slice(end).filter((value) => value !== undefined) ?? [];
  const pad = name(rows[end] as ReadToken);
  return [
    ...lines,
    {
      place: `${end}–${rows.length - 1}`,
      token: pad,
      reference: pad,
      share: shares.slice(end).reduce((a, b) => a + b, 0),
      error: rest.length > 0 ? rest.reduce((a, b) => a + b, 0) / rest.length : undefined,
    },
  ];
}

function name({ kind, text }: ReadToken): string {
  const special = { start: both('시작', 'start'), end: both('끝', 'end'), pad: both('채움', 'padding') };
  if (kind === 'start' || kind === 'end' || kind === 'pad')
    return `<span class="special">${special[kind]}</span>`;
  return `<span class="chip ${kind}">${escapeXml(text)}</span>`;
}
