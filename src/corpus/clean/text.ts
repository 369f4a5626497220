/**
 * A text as it should have been: composed characters, no entities of HTML, no control characters, single spaces.
 *
 * What is repaired and what is only marked is counted in bits, in the order of `repairs` and `marks`.
 */
import { decodeHTML } from 'entities';
import { marks, repairs } from '../reasons.ts';

export interface CleanText {
  readonly text: string;
  /** Bit i is set where the i-th of `repairs` was needed. */
  readonly repaired: number;
  /** Bit i is set where the text has the i-th of `marks`. */
  readonly marked: number;
}

const repair = Object.fromEntries(repairs.map((name, i) => [name, 1 << i])) as Record<
  (typeof repairs)[number],
  number
>;
const mark = Object.fromEntries(marks.map((name, i) => [name, 1 << i])) as Record<
  (typeof marks)[number],
  number
>;

/** Printable ASCII, Hangul syllables and common signs, with single spaces: nothing to do. */
const clean = /^(?:[!-%'-~가-힣·…‘’“”ㄱ-ㆎ]+(?: |$))+(?<! )$/;

const entity = /&(?:[a-z][a-z0-9]*|#\d+|#x[0-9a-f]+);/i;
const lineBreak = /[\t\n\v\f\r\u0085\u2028\u2029]/;
const lineBreaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/** Control, format, private and lone surrogate characters; not the joiner and the variation selectors of emoji. */
const control = /(?!\u200d)[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffe\uffff]/u;
const controls = /(?!\u200d)[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffe\uffff]/gu;
/** A joiner that joins nothing. */
const looseJoiner = /(?<![^\s\u200d])\u200d+|\u200d+(?![^\s\u200d])/g;
const space = /^\s|\s$|\s\s|[^\S ]/;

/** Idempotent: a clean text is given back as it is. */
export function cleanText(raw: string): CleanText {
  if (clean.test(raw)) return { text: raw, repaired: 0, marked: marksOf(raw) };
  let repaired = 0;
  let text = raw;
  // Decoding may uncover anything of what follows, so it comes first; twice-written entities are decoded to the end.
  for (let i = 0; i < 3 && text.includes('&') && entity.test(text); i++) {
    const decoded = decodeHTML(text);
    if (decoded === text) break;
    repaired |= repair.entities;
    text = decoded;
  }
  if (lineBreak.test(text)) {
    repaired |= repair.lineBreaks;
    text = text.replace(lineBreaks, ' ');
  }
  if (control.test(text) || looseJoiner.test(text)) {
    const kept = text.replace(controls, '').replace(looseJoiner, '');
    if (kept !== text) repaired |= repair.controls;
    text = kept;
  }
  const composed = text.normalize('NFC');
  if (composed !== text) repaired |= repair.nfc;
  text = composed;
  if (space.test(text)) {
    // A line break at an end leaves a space that nobody wrote.
    const spaced = text.replace(/\s+/g, ' ').trim();
    if (spaced !== text && !onlyBreaks(raw, spaced)) repaired |= repair.spaces;
    text = spaced;
  }
  return { text, repaired, marked: marksOf(text) };
}

/** Whether white space was wrong for line breaks only, which are counted already. */
function onlyBreaks(raw: string, text: string): boolean {
  return raw.replace(lineBreaks, ' ').trim() === text;
}

const masked = /\*{2,}|#@[^#]{1,20}#|○{2,}/;
const fullWidth = /[\uff01-\uff5e\u3000]/;
const speakerDash = /^[-–—]\s?\S/;

function marksOf(text: string): number {
  let found = 0;
  if (masked.test(text)) found |= mark.masked;
  if (fullWidth.test(text)) found |= mark.fullWidth;
  if (speakerDash.test(text)) found |= mark.speakerDash;
  return found;
}

const notWord = /[^\p{L}\p{N}]+/gu;
const plain = /^[ -~가-힣]*$/;
const notPlainWord = /[^a-z0-9가-힣]+/g;

/**
 * What two texts have in common that differ in case, spaces, punctuation and width of letters only: their letters and
 * numbers. A text without any stands for itself.
 */
export function normalise(text: string): string {
  const kept = plain.test(text)
    ? text.toLowerCase().replace(notPlainWord, '')
    : text.normalize('NFKC').toLowerCase().replace(notWord, '');
  return kept === '' ? text : kept;
}
