/**
 * Rows of a synthetic corpus, clean or with exactly one kind of dirt, and how many of each there are.
 */
import { marks, reasons, repairs } from '../reasons.ts';
import { numbersFrom, type Sentence, sentence } from './sentences.ts';

/** Whether a side stands in another pair depends on the rules, not on the row. */
const rowReasons = reasons.filter((reason) => reason !== 'sideDuplicate');

export const dirtKinds = [...rowReasons, ...repairs, ...marks] as const;
export type Dirt = (typeof dirtKinds)[number];

export interface SyntheticRow {
  /** Null where the cell is missing. */
  readonly ko: string | null;
  readonly en: string | null;
  readonly dirt: Dirt | undefined;
}

export interface RowOptions {
  readonly seed: number;
  readonly rows: number;
  /** Share of rows with each kind of dirt; none when left out. */
  readonly dirt?: number;
  /** Kinds that the format cannot hold, such as line breaks in TSV. */
  readonly without?: readonly Dirt[];
  readonly short?: boolean;
}

export interface SyntheticRows {
  readonly count: number;
  row(index: number): SyntheticRow;
}

/** Row i is the same whenever it is asked for. */
export function syntheticRows({
  seed,
  rows,
  dirt = 0,
  without = [],
  short = false,
}: RowOptions): SyntheticRows {
  const kinds = dirtKinds.filter((kind) => !without.includes(kind));
  const dirtOf = (index: number): Dirt | undefined => {
    const place = numbersFrom(seed ^ 0x5bd1e995, index)() / 2 ** 32 / Math.max(dirt, 1e-12);
    const kind = place < kinds.length ? kinds[Math.floor(place)] : undefined;
    return (kind === 'duplicate' || kind === 'nearDuplicate') && cleanBefore(index) === undefined
      ? undefined
      : kind;
  };
  /** The last clean row before one; rows of other kinds are not repeated, so that each is counted once. */
  const cleanBefore = (index: number): number | undefined => {
    for (let i = index - 1; i >= Math.max(0, index - 50); i--) if (dirtOf(i) === undefined) return i;
    return undefined;
  };
  return {
    count: rows,
    row(index) {
      const kind = dirtOf(index);
      const text = sentence(seed, index, short);
      if (kind === undefined) return { ...text, dirt: kind };
      if (kind === 'duplicate') return { ...sentence(seed, cleanBefore(index)!, short), dirt: kind };
      if (kind === 'nearDuplicate') {
        const { ko, en } = sentence(seed, cleanBefore(index)!, short);
        // Numbered, so that two of one row are no exact duplicates of each other.
        return {
          ko: `${ko}${'!'.repeat(1 + (index % 50))}`,
          en: `${en.toUpperCase()}${'?'.repeat(1 + (index % 47))}`,
          dirt: kind,
        };
      }
      return { ...soiled[kind](text), dirt: kind };
    },
  };
}

type Soiled = Pick<SyntheticRow, 'ko' | 'en'>;

const soiled: Readonly<Record<Exclude<Dirt, 'duplicate' | 'nearDuplicate'>, (text: Sentence) => Soiled>> = {
  // The writer of each format breaks it in its own way.
  broken: (text) => text,
  missing: ({ en }) => ({ ko: null, en }),
  empty: ({ ko }) => ({ ko, en: ' ' }),
  equal: ({ ko }) => ({ ko, en: ko }),
  hangulInEnglish: ({ ko, en }) => ({ ko, en: `${en} 가나다` }),
  noLatinInEnglish: ({ ko }) => ({ ko, en: '1, 2, 3...' }),
  noHangulInKorean: ({ en }) => ({ ko: `${en.slice(0, -1)} again.`, en }),
  lengthRatio: ({ ko, en }) => ({ ko, en: `${en} ${en} ${'and so on '.repeat(ko.length)}`.trim() }),
  tooLong: ({ ko, en }) => ({
    ko: `${ko} ${'가나다라마바사 '.repeat(12)}끝.`,
    en: `${en} ${'zebra quartz '.repeat(14)}end.`,
  }),
  nfc: ({ ko, en }) => ({ ko: ko.normalize('NFD'), en }),
  controls: ({ ko, en }) => ({ ko: `${ko.slice(0, 2)}\u200b${ko.slice(2)}`, en: `\ufeff${en}` }),
  entities: ({ ko, en }) => ({ ko: `${ko} A&amp;B`, en: `${en} A&amp;B` }),
  lineBreaks: ({ ko, en }) => ({ ko: ko.replace(' ', '\n'), en: en.replace(' ', '\t') }),
  spaces: ({ ko, en }) => ({ ko: `  ${ko} `, en: en.replace(' ', '  ') }),
  masked: ({ ko, en }) => ({ ko: `#@이름#, ${ko}`, en: `***, ${en}` }),
  fullWidth: ({ ko, en }) => ({ ko: `${ko.slice(0, -1)}！`, en }),
  speakerDash: ({ ko, en }) => ({ ko: `- ${ko}`, en: `- ${en}` }),
};

/** How many rows of each kind there are. */
export function countDirt(rows: SyntheticRows): Partial<Record<Dirt, number>> {
  const counts: Partial<Record<Dirt, number>> = {};
  for (let i = 0; i < rows.count; i++) {
    const { dirt } = rows.row(i);
    if (dirt !== undefined) counts[dirt] = (counts[dirt] ?? 0) + 1;
  }
  return counts;
}
