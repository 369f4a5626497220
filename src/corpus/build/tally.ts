/**
 * Counting while a table is read: what was dropped, repaired and seen, and how long its sentences are.
 */
import { type Mark, marks, type Reason, type Repair, repairs } from '../reasons.ts';

/** What is measured of every row that has both sides; the bins are the report's. */
export const measures = {
  characters: { binSize: 10, bins: 60 },
  // 78 = 13 * 6: the limit of 77 tokens falls between two bins.
  teacher: { binSize: 6, bins: 40 },
  student: { binSize: 6, bins: 40 },
} as const;
export type Measure = keyof typeof measures;

/** Plain data: it travels between threads and is kept with a part. */
export interface Tally {
  rows: number;
  dropped: Partial<Record<Reason, number>>;
  repaired: Partial<Record<Repair, number>>;
  marked: Partial<Record<Mark, number>>;
  /** By measure: [bins] of the English and of the Korean side. */
  lengths: Partial<Record<Measure, { en: number[]; ko: number[] }>>;
}

export function emptyTally(): Tally {
  return { rows: 0, dropped: {}, repaired: {}, marked: {}, lengths: {} };
}

export function countDropped(tally: Tally, reason: Reason): void {
  tally.dropped[reason] = (tally.dropped[reason] ?? 0) + 1;
}

/** `repaired` and `marked` have bit i set for the i-th of `repairs` and `marks`. */
export function countMasks(tally: Tally, repaired: number, marked: number): void {
  if (repaired !== 0) {
    for (const [i, name] of repairs.entries()) {
      if (repaired & (1 << i)) tally.repaired[name] = (tally.repaired[name] ?? 0) + 1;
    }
  }
  if (marked !== 0) {
    for (const [i, name] of marks.entries()) {
      if (marked & (1 << i)) tally.marked[name] = (tally.marked[name] ?? 0) + 1;
    }
  }
}

export function countLengths(tally: Tally, measure: Measure, en: number, ko: number): void {
  const { binSize, bins } = measures[measure];
  let counts = tally.lengths[measure];
  if (counts === undefined) {
    counts = { en: new Array<number>(bins).fill(0), ko: new Array<number>(bins).fill(0) };
    tally.lengths[measure] = counts;
  }
  const enBin = Math.min(bins - 1, Math.floor(en / binSize));
  const koBin = Math.min(bins - 1, Math.floor(ko / binSize));
  counts.en[enBin] = counts.en[enBin]! + 1;
  counts.ko[koBin] = counts.ko[koBin]! + 1;
}
