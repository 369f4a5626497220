/**
 * Tokens of each epoch with Korean texts changed.
 */
import type { PairTokens, TokenCache } from '../../corpus/tokens/cache.ts';
import { encodePadded, type Tokenizer } from '../../text/tokenizer.ts';
import { type AugmentRates, augmenter } from './augment.ts';
import type { Lexicon } from './lexicon.ts';
import { mineDictionary } from './mixing.ts';

/** Pairs that the dictionary is mined from. */
const minedPairs = 20_000;

export interface Texts {
  readonly tokens: Pick<TokenCache, 'read'>;
  /** [rows] */
  readonly korean: readonly string[];
  readonly sentences: readonly string[];
  /** [rows]: the place in `sentences`. */
  readonly sentenceOf: Int32Array;
  /** Rows to train on: only they teach the dictionary. */
  readonly train: readonly number[];
}

/** How texts become tokens, and the words that may replace others. */
export interface AugmentWords {
  readonly tokenizer: Tokenizer;
  readonly lexicon?: Lexicon | undefined;
}

/** Rows that have no Korean text, such as that of the empty prompt, stay as they are. */
export function augmentedTokens(
  rates: AugmentRates,
  seed: number,
  { korean, sentences, sentenceOf, train, tokens }: Texts,
  { tokenizer, lexicon = new Map() }: AugmentWords,
): (epoch: number) => Pick<TokenCache, 'read'> {
  const mined = rates.mixing > 0 ? train.slice(0, minedPairs) : [];
  const dictionary = mineDictionary(
    mined.map((row) => ({ en: sentences[sentenceOf[row]!]!, ko: korean[row]! })),
  );
  const augment = augmenter(rates, seed, { dictionary, lexicon });
  return (epoch) => ({
    read: async (row): Promise<PairTokens> => {
      const { en, ko } = await tokens.read(row);
      const text = korean[row];
      const changed = text === undefined ? text : augment(text, epoch, row);
      if (changed === undefined || changed === text) return { en, ko };
      const { ids, length } = encodePadded(tokenizer, changed);
      return { en, ko: ids.subarray(0, length) };
    },
  });
}
