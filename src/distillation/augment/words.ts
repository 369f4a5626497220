/**
 * Other words for the same: native ones, Sino-Korean ones and loan words, from a lexicon. Particles follow the new word.
 */
import { pick, type RandomStream } from '../../random/stream.ts';
import { agree, follows, koreanWord } from './hangul.ts';
import type { Lexicon, Synonyms } from './lexicon.ts';

/** Part of the words that have others which are replaced. */
const replaced = 0.7;

export function otherWords(text: string, lexicon: Lexicon, random: RandomStream): string {
  return text.replace(koreanWord, (written, at: number) => {
    const found = find(written, lexicon);
    if (found === undefined) return written;
    const before = text.slice(0, at);
    const behind = text.slice(at + written.length);
    const others = choices(found, before, behind).filter((other) => other !== found.word);
    if (others.length === 0 || random.uniform() >= replaced) return written;
    const word = pick(others, random);
    return word + (agree(word, found.particle) ?? found.particle);
  });
}

interface Found {
  readonly word: string;
  readonly particle: string;
  readonly synonyms: Synonyms;
}

/** Behind one syllable these are often no particles: "별로", "용도". */
const uncertain = new Set(['로', '도', '만', '고', '나', '야', '인', '이나', '이고', '까지', '마다']);

/** The longest word of the lexicon that `written` is, with a particle or without. */
function find(written: string, lexicon: Lexicon): Found | undefined {
  for (let length = written.length; length > 0; length--) {
    const [word, particle] = [written.slice(0, length), written.slice(length)];
    const synonyms = lexicon.get(word);
    if (synonyms === undefined) continue;
    if (particle === '') return { word, particle, synonyms };
    if (follows(word, particle) && !(length === 1 && uncertain.has(particle))) {
      return { word, particle, synonyms };
    }
  }
  return undefined;
}

/** A colour of a certain shade is a noun: "밝은 파란색". */
const shade = /(?:밝은|어두운|연한|진한|짙은|옅은|흐린) $/u;

function choices({ particle, synonyms }: Found, before: string, behind: string): readonly string[] {
  const beforeNoun = particle === '' && /^ \p{Script=Hangul}/u.test(behind) && !shade.test(before);
  return beforeNoun ? [...synonyms.nouns, ...synonyms.adnominals] : synonyms.nouns;
}
