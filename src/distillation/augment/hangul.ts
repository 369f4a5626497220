/**
 * Hangul syllables and their letters (Unicode, chapter 3.12: a syllable is a number made of its three letters), and the
 * particles whose form follows the last letter of a word. Knows nothing of words.
 */
/** Hangul without a break; for `match` and `replace`. */
export const koreanWord = /\p{Script=Hangul}+/gu;

const first = 0xac00;
const last = 0xd7a3;

const initials = [...'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'];
const medials = [...'ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ'];
/** The empty one first. */
const finals = ['', ...'ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ'];

export interface Syllable {
  readonly initial: string;
  readonly medial: string;
  /** Empty where there is none. */
  readonly final: string;
}

export function isSyllable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  return code >= first && code <= last;
}

/** The letters of a character for which `isSyllable`. */
export function decompose(character: string): Syllable {
  const index = character.codePointAt(0)! - first;
  return {
    initial: initials[Math.floor(index / (medials.length * finals.length))]!,
    medial: medials[Math.floor(index / finals.length) % medials.length]!,
    final: finals[index % finals.length]!,
  };
}

/** The character of three letters; undefined where one of them cannot stand in its place. */
export function compose({ initial, medial, final }: Syllable): string | undefined {
  const [i, m, f] = [initials.indexOf(initial), medials.indexOf(medial), finals.indexOf(final)];
  if (i < 0 || m < 0 || f < 0) return undefined;
  return String.fromCodePoint(first + (i * medials.length + m) * finals.length + f);
}

/** Particles after a consonant and after a vowel. */
const agreeing: readonly (readonly [afterConsonant: string, afterVowel: string])[] = [
  ['은', '는'],
  ['이', '가'],
  ['을', '를'],
  ['과', '와'],
  ['이랑', '랑'],
  ['으로', '로'],
  ['이고', '고'],
  ['이나', '나'],
  ['이야', '야'],
  ['이에요', '예요'],
];

/** Those that follow any word. */
const steady = new Set(
  '의 에 에서 에는 에도 에게 한테 도 만 하고 처럼 같은 까지 부터 보다 마다 인 인데 입니다'.split(' '),
);

/** `particle`, in either of its forms, as it stands after `word`; undefined where the word does not end in Hangul. */
export function agree(word: string, particle: string): string | undefined {
  const end = word.at(-1) ?? '';
  if (!isSyllable(end)) return undefined;
  const pair = agreeing.find((forms) => forms.includes(particle));
  if (pair === undefined) return particle;
  const { final } = decompose(end);
  const vowel = final === '' || (final === 'ㄹ' && pair[0] === '으로');
  return vowel ? pair[1] : pair[0];
}

/** Is `particle` one that can stand after `word`? */
export function follows(word: string, particle: string): boolean {
  if (steady.has(particle)) return true;
  return agreeing.some((forms) => forms.includes(particle)) && agree(word, particle) === particle;
}
