/**
 * Why a row does not become a pair, what was repaired in one that does, and what was seen in it: the words in which
 * the whole of `corpus` counts.
 */

/** In the order in which they are looked for: a row is counted under the first that applies. */
export const reasons = [
  /** The row could not be read. */
  'broken',
  /** A side is not text: null, a number, no such column. */
  'missing',
  /** A side is empty once cleaned. */
  'empty',
  /** Both sides are the same. */
  'equal',
  'hangulInEnglish',
  'noLatinInEnglish',
  'noHangulInKorean',
  /** One side is too long for the other. */
  'lengthRatio',
  /** Over 77 tokens under a tokenizer that counts. */
  'tooLong',
  /** Both sides are letter for letter those of a pair that is kept. */
  'duplicate',
  /** The same but for case, spaces, punctuation and width of letters. */
  'nearDuplicate',
  /** One side is that of a pair that is kept: only where the rules ask for it. */
  'sideDuplicate',
] as const;
export type Reason = (typeof reasons)[number];

/** What cleaning changes. A row is counted under each that applies to either side. */
export const repairs = ['nfc', 'controls', 'entities', 'lineBreaks', 'spaces'] as const;
export type Repair = (typeof repairs)[number];

/** What is left as it is, but worth knowing. */
export const marks = ['masked', 'fullWidth', 'speakerDash'] as const;
export type Mark = (typeof marks)[number];
