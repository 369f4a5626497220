/**
 * The symbols of a byte-level vocabulary as numbers, and its merges as rules between them. Shared by CLIP's and GPT-2's
 * byte-pair encodings.
 */
import { type MergeRules, makeMergeRules } from './bpe.ts';
import { byteSymbols } from './bytes.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface SymbolTable {
  /** By byte: the symbol inside a word, and at its end. */
  readonly inner: readonly number[];
  readonly final: readonly number[];
  readonly rules: MergeRules;
  /** Are there symbols that are not in the vocabulary? */
  readonly strangers: boolean;
}

/**
 * Symbols are vocabulary ids. A byte or a merge that the vocabulary lacks gets a number above them: it still merges,
 * and is unknown only if it remains. `endOfWord` marks the last symbol of a word.
 */
export function symbolTable(
  { ids, tokens }: Vocabulary,
  merges: Iterable<readonly [left: string, right: string]>,
  endOfWord = '',
): SymbolTable {
  const strangers = new Map<string, number>();
  const symbolOf = (token: string): number => {
    const known = ids.get(token) ?? strangers.get(token);
    if (known !== undefined) return known;
    const made = tokens.length + strangers.size;
    strangers.set(token, made);
    return made;
  };
  const rules: [number, number, number][] = [];
  for (const [left, right] of merges) rules.push([symbolOf(left), symbolOf(right), symbolOf(left + right)]);
  return {
    inner: byteSymbols.map(symbolOf),
    final: byteSymbols.map((symbol) => symbolOf(symbol + endOfWord)),
    rules: makeMergeRules(rules),
    strangers: strangers.size > 0,
  };
}
