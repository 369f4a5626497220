/**
 * English words among Korean ones, by a dictionary that is mined from the pairs.
 */
import type { RandomStream } from '../../random/stream.ts';
import { koreanWord } from './hangul.ts';

/** Part of the words with a translation that become English. */
const mixedWords = 0.5;

export function mixWords(
  text: string,
  dictionary: ReadonlyMap<string, string>,
  random: RandomStream,
): string {
  return text.replace(koreanWord, (word) => {
    const english = dictionary.get(word);
    return english !== undefined && random.uniform() < mixedWords ? english : word;
  });
}

const englishWord = /[a-z][a-z'-]*/g;

/** English puts them where Korean has particles: no word's translation. */
const functionWords = new Set(
  'a an and are as at by for from has have in is it its of on or that the their this to was were with'.split(
    ' ',
  ),
);

/** What a pair of words must have: places together, and the parts of both words' places that these are. */
const [fewest, ofKorean, together] = [3, 0.7, 0.4];

/**
 * English words for Korean ones, from the sentences in which they stand together: of a Korean word, the English word
 * of the highest Dice coefficient (Dice 1945), where that word is in nearly every translation. `pairs` is read once;
 * memory grows with the number of different pairs of words, so give a sample of a large corpus.
 */
export function mineDictionary(
  pairs: Iterable<{ readonly en: string; readonly ko: string }>,
): Map<string, string> {
  const [korean, english] = [new Map<string, number>(), new Map<string, number>()];
  const joint = new Map<string, Map<string, number>>();
  for (const { en, ko } of pairs) {
    const words = new Set(en.toLowerCase().match(englishWord));
    for (const word of functionWords) words.delete(word);
    for (const word of words) count(english, word);
    for (const word of new Set(ko.match(koreanWord))) {
      count(korean, word);
      const others = joint.get(word) ?? new Map<string, number>();
      joint.set(word, others);
      for (const other of words) count(others, other);
    }
  }
  const dictionary = new Map<string, string>();
  for (const [word, others] of joint) {
    const dice = (other: string) => (2 * others.get(other)!) / (korean.get(word)! + english.get(other)!);
    let best: string | undefined;
    for (const [other, places] of others) {
      const often = places >= fewest && places >= ofKorean * korean.get(word)! && dice(other) >= together;
      if (often && (best === undefined || dice(other) > dice(best))) best = other;
    }
    if (best !== undefined) dictionary.set(word, best);
  }
  return dictionary;
}

function count(counts: Map<string, number>, word: string): void {
  counts.set(word, (counts.get(word) ?? 0) + 1);
}
