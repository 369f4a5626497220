/**
 * Korean texts as people may write them, made from those of the corpus while a run trains: in a request, with English
 * words among the Korean ones, with spaces where none belong. What they mean is what they meant, so that the teacher's
 * states of the English text stay the target; validation reads the corpus as it is.
 *
 * Every change is drawn from (seed, epoch, row): a resumed run makes the same ones.
 */
import { type RandomStream, randomStream } from '../random/stream.ts';

export interface AugmentSettings {
  /** Parts of the texts that are put into a request, mixed with English words, and spaced otherwise. */
  readonly requests: number;
  readonly mixing: number;
  readonly spacing: number;
}

/** Is nothing changed? */
export function leavesTexts({ requests, mixing, spacing }: AugmentSettings): boolean {
  return requests === 0 && mixing === 0 && spacing === 0;
}

/** The Korean text of pair `row` as epoch `epoch` reads it. */
export type Augment = (text: string, epoch: number, row: number) => string;

/** `dictionary` gives the English for Korean words, see `mineDictionary`. */
export function augmenter(
  settings: AugmentSettings,
  seed: number,
  dictionary: ReadonlyMap<string, string>,
): Augment {
  return (text, epoch, row) => {
    const random = randomStream(seed, 'augment', epoch * 2 ** 32 + row);
    // Always drawn in this order, so that one part's size does not change what another does.
    const [mixed, spaced, requested] = [random.uniform(), random.uniform(), random.uniform()];
    let result = text;
    if (mixed < settings.mixing) result = mixWords(result, dictionary, random);
    if (spaced < settings.spacing) result = respace(result, random);
    if (requested < settings.requests) result = request(result, random);
    return result;
  };
}

/** Frames that change nothing of a picture; `{}` is the text. */
const requests = [
  '{} 그려줘',
  '{} 그려 주세요',
  '{} 보여줘',
  '{} 만들어 줘',
  '{} 부탁해요',
  'draw {}',
  'please draw {}',
  '{} please',
] as const;

function request(text: string, random: RandomStream): string {
  return requests[random.below(requests.length)]!.replace('{}', () => text);
}

/** Part of the words with a translation that become English. */
const mixedWords = 0.5;

function mixWords(text: string, dictionary: ReadonlyMap<string, string>, random: RandomStream): string {
  return text.replace(koreanWord, (word) => {
    const english = dictionary.get(word);
    return english !== undefined && random.uniform() < mixedWords ? english : word;
  });
}

/** Parts of the spaces that go, and of the places between two syllables where one comes. */
const [lostSpaces, newSpaces] = [0.3, 0.08];

function respace(text: string, random: RandomStream): string {
  return text
    .replace(/(?<=\p{Script=Hangul}) (?=\p{Script=Hangul})/gu, () =>
      random.uniform() < lostSpaces ? '' : ' ',
    )
    .replace(/(?<=\p{Script=Hangul})(?=\p{Script=Hangul})/gu, () =>
      random.uniform() < newSpaces ? ' ' : '',
    );
}

const koreanWord = /\p{Script=Hangul}+/gu;
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
