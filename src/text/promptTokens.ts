/**
 * From weighted text to weighted tokens, with words that the tokenizer does not have: the names of textual inversion
 * embeddings.
 *
 * A word is tokenised as a whole even where a weight ends inside it, so that weights never change what the tokens are:
 * `(사과:1.3)를` has the tokens of `사과를`, of which only the first is weighted. A token has the weight of the text in which it
 * begins. Knows no syntax and no chunks.
 */
import type { WeightedText } from './promptSyntax.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A word that stands for ids of its own, wherever a prompt spells it. */
export interface ExtraWord {
  /** Spellings; letter case does not matter. */
  readonly names: readonly string[];
  readonly ids: readonly number[];
}

/** Ids that stay together: that of a token, or all of an extra word. */
export interface PromptToken {
  readonly ids: readonly number[];
  readonly weight: number;
}

/** A stretch of a text, and the word that it is, if it is an extra one. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly word?: ExtraWord;
}

/** The weighted tokens of pieces that follow one another, without start and end. */
export function promptTokens(
  tokenizer: Tokenizer,
  pieces: readonly WeightedText[],
  extraWords: readonly ExtraWord[] = [],
): PromptToken[] {
  const text = pieces.map((piece) => piece.text).join('');
  const starts: number[] = [];
  let length = 0;
  for (const piece of pieces) {
    starts.push(length);
    length += piece.text.length;
  }
  const findWords = wordFinder(extraWords);
  const tokens: PromptToken[] = [];
  // The piece that holds the text from where we are: spans come in order.
  let piece = 0;
  const moveTo = (at: number): number => {
    while (piece + 1 < starts.length && (starts[piece + 1] as number) <= at) piece++;
    return pieces[piece]?.weight ?? 1;
  };
  for (const { from, to, word } of findWords(text)) {
    const weight = moveTo(from);
    if (word) {
      tokens.push({ ids: word.ids, weight });
      continue;
    }
    const whole = piece + 1 >= starts.length || (starts[piece + 1] as number) >= to;
    for (const segment of whole ? [{ from, to, word: from }] : wordsWithin(text, from, to)) {
      const own = moveTo(segment.word);
      const cuts: Cut[] = [];
      for (let next = piece + 1; next < starts.length && (starts[next] as number) < segment.to; next++) {
        cuts.push({
          at: (starts[next] as number) - segment.from,
          weight: (pieces[next] as WeightedText).weight,
        });
      }
      // A loop, not a spread: a text may hold more tokens than a call takes arguments.
      for (const token of tokensOf(tokenizer, text.slice(segment.from, segment.to), own, cuts))
        tokens.push(token);
    }
  }
  return tokens;
}

/** From `at` on, a text has another weight. */
interface Cut {
  readonly at: number;
  readonly weight: number;
}

function tokensOf(tokenizer: Tokenizer, text: string, weight: number, cuts: readonly Cut[]): PromptToken[] {
  const ids = contentIds(tokenizer, text);
  const tokens = ids.map((id) => ({ ids: [id], weight }));
  let first = 0;
  for (const cut of cuts) {
    first = Math.max(first, tokensBefore(ids, contentIds(tokenizer, text.slice(0, cut.at))));
    for (let i = first; i < tokens.length; i++) tokens[i] = { ids: [ids[i] as number], weight: cut.weight };
  }
  return tokens;
}

/**
 * How many tokens of a text begin before the end of `prefix`, the tokens of its beginning: those that they have in common, and
 * one more where the beginning ends inside a token (or in CLIP's tokens, which differ at the end of a word).
 */
function tokensBefore(ids: readonly number[], prefix: readonly number[]): number {
  let common = 0;
  while (common < prefix.length && common < ids.length && prefix[common] === ids[common]) common++;
  return common < prefix.length ? common + 1 : common;
}

function contentIds(tokenizer: Tokenizer, text: string): readonly number[] {
  return tokenizer.encode(text).ids.slice(1, -1);
}

/** White space that separates words for every tokenizer, and the word after it: some count the space to the word. */
const spaceAndWord = /([ \t\n\r]*)[^ \t\n\r]+|[ \t\n\r]+$/g;

/** Stretches that can be tokenised by themselves, with the white space before the word of each, and where that begins. */
export function* wordsWithin(
  text: string,
  from: number,
  to: number,
): Generator<{ from: number; to: number; word: number }> {
  for (const { 0: stretch, 1: space = '', index } of text.slice(from, to).matchAll(spaceAndWord)) {
    yield { from: from + index, to: from + index + stretch.length, word: from + index + space.length };
  }
}

/** Splits texts at the extra words in them: the leftmost, then the longest, never inside another word. */
function wordFinder(words: readonly ExtraWord[]): (text: string) => Iterable<Span> {
  const byName = new Map(
    words.flatMap((word) => word.names.map((name) => [name.toLowerCase(), word] as const)),
  );
  const names = [...byName.keys()].filter((name) => name !== '').sort((a, b) => b.length - a.length);
  if (names.length === 0) return (text) => (text === '' ? [] : [{ from: 0, to: text.length }]);
  const pattern = new RegExp(names.map(standingAlone).join('|'), 'giu');
  return function* (text) {
    let at = 0;
    for (const match of text.matchAll(pattern)) {
      if (match.index > at) yield { from: at, to: match.index };
      at = match.index + match[0].length;
      const word = byName.get(match[0].toLowerCase());
      yield { from: match.index, to: at, ...(word ? { word } : {}) };
    }
    if (at < text.length) yield { from: at, to: text.length };
  };
}

const letter = '[\\p{L}\\p{N}_]';
const hangul = '\\p{Script=Hangul}';

/** Korean particles that a noun takes, as far as prompts need them. */
const particles = '을|를|이|가|은|는|의|에|에서|에게|와|과|랑|이랑|로|으로|도|만|처럼|같은|이나|나|까지|부터';

/**
 * A pattern for `name` with no letter before or after it. A Korean particle may follow, as may any Hangul where the name ends in
 * another script, since that is the end of a word.
 */
function standingAlone(name: string): string {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const characters = [...name];
  const before = isLetter(characters[0]) ? `(?<!${letter})` : '';
  if (!isLetter(characters.at(-1))) return before + escaped;
  const ends = new RegExp(hangul, 'u').test(characters.at(-1) ?? '')
    ? `(?=(?:${particles})?(?!${letter}))`
    : `(?=${hangul}|(?!${letter}))`;
  return before + escaped + ends;
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && new RegExp(letter, 'u').test(character);
}
