/**
 * The ways in which a Korean text is changed. A new one is a file beside this one, a line here, and a row of
 * docs/experiments.md; the experiment's field has its name.
 */
import type { RandomStream } from '../../random/stream.ts';
import { speakCasually } from './casual.ts';
import type { Lexicon } from './lexicon.ts';
import { mixWords } from './mixing.ts';
import { request } from './requests.ts';
import { respace } from './spacing.ts';
import { mistype } from './typos.ts';
import { otherWords } from './words.ts';

/** What the changes know of words. */
export interface AugmentSources {
  /** English for Korean words, see `mineDictionary`. */
  readonly dictionary: ReadonlyMap<string, string>;
  /** Korean for Korean words, see `readLexicon`. */
  readonly lexicon: Lexicon;
}

/** The text, changed; the same text where it offers nothing to change. */
export type Change = (text: string, random: RandomStream, sources: AugmentSources) => string;

/** In the order in which they follow each other: words must be whole to be replaced, and typos come last. */
export const augmentKinds = {
  words: (text, random, { lexicon }) => otherWords(text, lexicon, random),
  requests: request,
  casual: speakCasually,
  mixing: (text, random, { dictionary }) => mixWords(text, dictionary, random),
  spacing: respace,
  typos: mistype,
} as const satisfies Readonly<Record<string, Change>>;

export const augmentKindNames = Object.keys(augmentKinds) as (keyof typeof augmentKinds)[];
