/**
 * Slips of the hand and of the ear on a keyboard of two sets (두벌식): one or two syllables of a text are typed wrong.
 */
import { pick, type RandomStream } from '../../random/stream.ts';
import { compose, decompose, isSyllable, type Syllable } from './hangul.ts';

/** What may come of a syllable and the one behind it, if there is one. */
type Slip = (here: Syllable, next: Syllable | undefined) => readonly (readonly Syllable[])[];

/** The rows of the keyboard; each begins half a key to the right of the one above. */
const keyboard = ['ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ', 'ㅁㄴㅇㄹㅎㅗㅓㅏㅣ', 'ㅋㅌㅊㅍㅠㅜㅡ'].map((row) => [...row]);

const neighbours = new Map(
  keyboard.flatMap((row, y) =>
    row.map((letter, x): [string, string[]] => {
      const near = [row[x - 1], row[x + 1], keyboard[y - 1]?.[x], keyboard[y - 1]?.[x + 1]];
      const all = [...near, keyboard[y + 1]?.[x - 1], keyboard[y + 1]?.[x]];
      return [letter, all.filter((other) => other !== undefined)];
    }),
  ),
);

/** Letters that are confused by ear, or by a Shift key. */
const confused = [
  'ㅐㅔ',
  'ㅓㅕ',
  'ㅗㅛ',
  'ㅜㅠ',
  'ㅏㅑ',
  'ㅚㅙㅞ',
  'ㅔㅖ',
  'ㅢㅣ',
  'ㄱㄲ',
  'ㄷㄸ',
  'ㅂㅃ',
  'ㅅㅆ',
  'ㅈㅉ',
];

/** Vowels that are two keys. */
const vowelKeys: Readonly<Record<string, string>> = {
  ㅘ: 'ㅗㅏ',
  ㅙ: 'ㅗㅐ',
  ㅚ: 'ㅗㅣ',
  ㅝ: 'ㅜㅓ',
  ㅞ: 'ㅜㅔ',
  ㅟ: 'ㅜㅣ',
  ㅢ: 'ㅡㅣ',
};

/** Other letters for one, in each of the three places of a syllable. */
const replacing =
  (others: (letter: string) => readonly string[]): Slip =>
  (here) =>
    (['initial', 'medial', 'final'] as const).flatMap((place) =>
      (here[place] === '' ? [] : others(here[place])).map((letter) => [{ ...here, [place]: letter }]),
    );

/** The slips, all equally likely where they can happen. */
const slips: readonly Slip[] = [
  // The key beside, above or below.
  replacing((letter) => neighbours.get(letter) ?? []),
  replacing((letter) => confused.filter((set) => set.includes(letter)).flatMap((set) => [...set])),
  // One key of two is lost.
  replacing((letter) => [...(vowelKeys[letter] ?? '')]),
  // A final consonant is lost,
  (here) => (here.final === '' ? [] : [[{ ...here, final: '' }]]),
  // or comes from the consonant behind it,
  (here, next) =>
    next && here.final === '' && next.initial !== 'ㅇ' ? [[{ ...here, final: next.initial }, next]] : [],
  // or changes places with it,
  (here, next) =>
    next && next.initial !== 'ㅇ' && here.final !== ''
      ? [
          [
            { ...here, final: next.initial },
            { ...next, initial: here.final },
          ],
        ]
      : [],
  // or is written where it is heard.
  (here, next) =>
    next?.initial === 'ㅇ' && here.final !== '' && here.final !== 'ㅇ'
      ? [
          [
            { ...here, final: '' },
            { ...next, initial: here.final },
          ],
        ]
      : [],
];

/** Part of the texts of so many syllables with a second slip. */
const [twice, long] = [0.3, 8];

/** The text with one slip or two. Words of one syllable are left alone: with a slip, most are another word. */
export function mistype(text: string, random: RandomStream): string {
  const once = slip(text, random);
  const again = random.uniform() < twice && [...text].filter(isSyllable).length >= long;
  return again ? slip(once, random) : once;
}

function slip(text: string, random: RandomStream): string {
  const characters = [...text];
  const hangul = characters.map(isSyllable);
  const places = [...hangul.keys()].filter((at) => hangul[at] && (hangul[at - 1] || hangul[at + 1]));
  if (places.length === 0) return text;
  const at = pick(places, random);
  const pair = characters.slice(at, at + 2);
  const [here, next] = pair.map((character) => (isSyllable(character) ? decompose(character) : undefined));
  const before = pair.join('');
  const possible = slips
    .map((kind) => kind(here!, next).flatMap((result) => written(result, pair) ?? []))
    .map((results) => results.filter((result) => result !== before))
    .filter((results) => results.length > 0);
  if (possible.length === 0) return text;
  const results = pick(possible, random);
  characters.splice(at, pair.length, pick(results, random));
  return characters.join('');
}

/** The syllables in place of the beginning of `pair`; undefined where letters cannot stand so. */
function written(result: readonly Syllable[], pair: readonly string[]): string | undefined {
  const syllables = result.map(compose);
  if (syllables.includes(undefined)) return undefined;
  return [...syllables, ...pair.slice(result.length)].join('');
}
