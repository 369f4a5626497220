/**
 * Whether a row can be a pair, as far as the row alone tells. Knows no tokenizer and no other row.
 */
import type { Reason } from '../reasons.ts';
import type { Rules } from '../rules.ts';
import { cleanText, normalise } from './text.ts';

export type Judgement =
  | { readonly reason: Reason }
  | {
      readonly reason?: undefined;
      readonly ko: string;
      readonly en: string;
      /** The sides normalised: equal for near duplicates. */
      readonly koKey: string;
      readonly enKey: string;
      /** Bits of `repairs` and `marks`, of either side. */
      readonly repaired: number;
      readonly marked: number;
    };

const hangul = /[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb\uffa0-\uffdc]/;
const latin = /[a-zà-öø-ɏ]/i;

/** Cleans both sides and gives the first reason of `reasons` that speaks against them. */
export function judge(rawKo: unknown, rawEn: unknown, { ratio }: Pick<Rules, 'ratio'>): Judgement {
  if (typeof rawKo !== 'string' || typeof rawEn !== 'string') return { reason: 'missing' };
  const { text: ko, ...ofKo } = cleanText(rawKo);
  const { text: en, ...ofEn } = cleanText(rawEn);
  if (ko === '' || en === '') return { reason: 'empty' };
  const koKey = normalise(ko);
  const enKey = normalise(en);
  if (koKey === enKey) return { reason: 'equal' };
  if (hangul.test(en)) return { reason: 'hangulInEnglish' };
  if (!latin.test(en)) return { reason: 'noLatinInEnglish' };
  if (!hangul.test(ko)) return { reason: 'noHangulInKorean' };
  if (isOutlier(en.length, ko.length, ratio)) return { reason: 'lengthRatio' };
  return { ko, en, koKey, enKey, repaired: ofKo.repaired | ofEn.repaired, marked: ofKo.marked | ofEn.marked };
}

/** Short texts are no evidence: a word may well be seven times as long as its translation. */
const shortest = 40;

function isOutlier(en: number, ko: number, [least, most]: Rules['ratio']): boolean {
  return Math.max(en, ko) >= shortest && (en < least * ko || en > most * ko);
}
