/**
 * Spaces that are missing, and spaces where none belong.
 */
import type { RandomStream } from '../../random/stream.ts';

/** Parts of the spaces that go, and of the places between two syllables where one comes. */
const [lostSpaces, newSpaces] = [0.3, 0.08];

/** Part of the texts without any space. */
const allLost = 0.2;

export function respace(text: string, random: RandomStream): string {
  const lost = random.uniform() < allLost ? 1 : lostSpaces;
  return text
    .replace(/(?<=\p{Script=Hangul}) (?=\p{Script=Hangul})/gu, () => (random.uniform() < lost ? '' : ' '))
    .replace(/(?<=\p{Script=Hangul})(?=\p{Script=Hangul})/gu, () =>
      lost < 1 && random.uniform() < newSpaces ? ' ' : '',
    );
}
