/**
 * How captions of the emoji world are worded: which are plain, and what the same words would say about another emoji.
 */
import type { Caption } from './emojiCaptions.ts';

/** What an emoji is called. */
export interface EmojiWords {
  readonly en: string;
  readonly ko: string;
}

export type Wording = Pick<Caption, 'en' | 'ko' | 'background'>;

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

/** A plain caption without the object: what stands before and behind its name. */
export interface Template {
  readonly background: string;
  readonly en: readonly [article: string, tail: string];
  /** Korean names stand at the end. */
  readonly ko: string;
  /** Whether the English name begins with a vowel, which its article depends on. */
  readonly vowel: boolean;
}

/**
 * The template of a caption about `object`. Undefined where the caption is not plain, or its Korean goes on behind the
 * name: particles depend on how the name ends.
 */
export function templateOf({ en, ko, background }: Wording, object: EmojiWords): Template | undefined {
  const parts = split(en, background, object.en);
  if (parts === undefined || !ko.endsWith(object.ko)) return undefined;
  return { background, en: parts, ko: ko.slice(0, -object.ko.length), vowel: startsWithVowel(object.en) };
}

/** The caption about `object`. Undefined where its name takes another article. */
export function fillTemplate(
  { background, en, ko, vowel }: Template,
  object: EmojiWords,
): Wording | undefined {
  if (vowel !== startsWithVowel(object.en)) return undefined;
  return { en: `${en[0]}${object.en}${en[1]}`, ko: `${ko}${object.ko}`, background };
}

/** What stands before and behind the name of the object, if the caption is plain. */
function split(en: string, background: string, label: string): Template['en'] | undefined {
  for (const article of articles) {
    for (const tail of tails(background)) {
      if (en === `${article}${label}${tail}`) return [article, tail];
    }
  }
  return undefined;
}

function startsWithVowel(word: string): boolean {
  return /^[aeiou]/.test(word);
}
