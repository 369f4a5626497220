/**
 * What a corpus was made of, in numbers: the content of `report.json`. The same inputs, rules and seed give the same
 * report on any machine.
 */
import type { FormatName } from '../readers/reader.ts';
import type { Mark, Reason, Repair } from '../reasons.ts';
import type { Rules } from '../rules.ts';

export interface CorpusReport {
  readonly seed: number;
  readonly rules: Rules;
  readonly tokenizers: readonly TokenizerFacts[];
  readonly sources: readonly SourceCounts[];
  /** Inputs that were left out on purpose. */
  readonly skipped: readonly Skipped[];
  /** Kept pairs by corpus and domain, most first. */
  readonly domains: readonly { readonly corpus: string; readonly domain: string; readonly pairs: number }[];
  readonly pairs: number;
  /** What the sizes that people train on hold, with 20 % set aside. */
  readonly samples: readonly {
    readonly pairs: number;
    readonly train: number;
    readonly validation: number;
  }[];
  /** Pairs that hang together by equal sentences stand on one side of a split: the size of the largest such group. */
  readonly largestGroup: number;
  readonly histograms: readonly Histogram[];
  /** Hash of all pairs, whatever their order. */
  readonly fingerprint: string;
}

export interface TokenizerFacts {
  /** `clip`, or the student's. */
  readonly name: string;
  /** Hash of its files. */
  readonly fingerprint: string;
}

export interface SourceCounts {
  readonly path: string;
  readonly corpus: string;
  readonly format: FormatName;
  /** Rows in it: kept + all dropped. */
  readonly rows: number;
  readonly kept: number;
  /** Only reasons that occurred. */
  readonly dropped: Readonly<Partial<Record<Reason, number>>>;
  readonly repaired: Readonly<Partial<Record<Repair, number>>>;
  readonly marked: Readonly<Partial<Record<Mark, number>>>;
}

export interface Skipped {
  readonly path: string;
  readonly why: 'twin' | 'source-side' | 'not-a-corpus';
  /** With `twin`: the file that holds the same records. */
  readonly of?: string;
}

/** Lengths of the rows that both have sides, before the length rules, by corpus: `tooLong` ones count too. */
export interface Histogram {
  readonly corpus: string;
  readonly language: 'en' | 'ko';
  /** `characters`, or tokens under the tokenizer of that name. */
  readonly measure: string;
  /** Bin i counts lengths from i * binSize to (i + 1) * binSize - 1; the last one also all longer. */
  readonly binSize: number;
  readonly counts: readonly number[];
}
