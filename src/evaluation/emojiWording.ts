/**
 * How captions of the emoji world are worded: which are plain, and the same wording about another emoji.
 */
import type { Caption } from './emojiCaptions.ts';

/** What an emoji is called. */
export interface EmojiWords {
  readonly en: string;
  readonly ko: string;
}

type Wording = Pick<Caption, 'en' | 'ko' | 'background'>;

const articles = ['', 'a ', 'an '];

/** What may follow the name of the object in a plain caption. */
function tails(background: string): string[] {
  return [
    '',
    ` on a ${background} background`,
    ` against a ${background} background`,
    `, ${background} background`,
  ];
}

/** Does the caption say nothing but the object and the background, as in "a red apple on a blue background"? */
export function isPlain({ en, background }: Wording, object: EmojiWords): boolean {
  return split(en, background, object.en) !== undefined;
}

/**
 * What a plain caption about `from` would be about `to`. Undefined where that takes grammar: another English article,
 * or a Korean sentence that goes on behind the name, where its particle depends on how the name ends.
 */
export function newWording(caption: Wording, from: EmojiWords, to: EmojiWords): Wording | undefined {
  const { en, ko, background } = caption;
  const parts = split(en, background, from.en);
  if (parts === undefined || !ko.endsWith(from.ko)) return undefined;
  if (startsWithVowel(from.en) !== startsWithVowel(to.en)) return undefined;
  return {
    en: `${parts.article}${to.en}${parts.tail}`,
    ko: ko.slice(0, -from.ko.length) + to.ko,
    background,
  };
}

function split(en: string, background: string, label: string) {
  for (const article of articles) {
    for (const tail of tails(background)) {
      if (en === `${article}${label}${tail}`) return { article, tail };
    }
  }
  return undefined;
}

function startsWithVowel(word: string): boolean {
  return /^[aeiou]/.test(word);
}
