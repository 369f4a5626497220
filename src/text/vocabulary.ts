/**
 * The two-way table between token strings and ids.
 *
 * Knows no file and no algorithm.
 */
import { ConfigError } from '../errors.ts';

export interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  /** By id; undefined where an id is not taken. `length` is the highest id + 1. */
  readonly tokens: readonly (string | undefined)[];
}

/** Token strings that play a part of their own. Each of the first four must be in the vocabulary. */
export interface SpecialTokens {
  readonly start: string;
  readonly end: string;
  readonly pad: string;
  readonly unknown: string;
  /** More strings that are read as one token wherever a text spells them, such as [MASK]. */
  readonly others: readonly string[];
}

/** A table from (token, id) pairs; where a token comes twice the later id counts, as in a Python dict. */
export function makeVocabulary(entries: Iterable<readonly [string, number]>): Vocabulary {
  const ids = new Map<string, number>(entries);
  let size = 0;
  for (const id of ids.values()) size = Math.max(size, id + 1);
  const tokens = new Array<string | undefined>(size).fill(undefined);
  for (const [token, id] of ids) tokens[id] = token;
  return { ids, tokens };
}

/** Id of a token that must be there. Throws ConfigError naming it otherwise. */
export function requireId(vocabulary: Vocabulary, token: string, role: string): number {
  const id = vocabulary.ids.get(token);
  if (id === undefined) {
    throw new ConfigError(
      `The vocabulary has no ${JSON.stringify(token)}, which is its ${role} token.`,
      'Check that the vocabulary and the special tokens come from the same tokenizer.',
    );
  }
  return id;
}
