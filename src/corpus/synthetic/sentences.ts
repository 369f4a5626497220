/**
 * Korean and English sentences that mean nothing but have the lengths, the endings and the spread of words that real
 * ones have: few words are frequent, and there is no end of rare ones (Zipf).
 *
 * Sentence n of a seed is the same whenever it is asked for, in any order.
 */

/** A small generator of 32-bit numbers (Marsaglia's xorshift), fast enough for millions of sentences. */
export function numbersFrom(seed: number, index: number): () => number {
  let state = (Math.imul(seed + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) | 0;
  if (state === 0) state = 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  // The first few show the seed.
  for (let i = 0; i < 4; i++) next();
  return next;
}

const stemCount = 60_000;
const rareFirst = 3;

const syllables = [
  ...'가나다라마바사아자차카타파하거너더러머버서어저처고노도로모보소오조초구누두루무부수우주추기니디리미비시이지치강남단란만반산안장찬감담람말발살알잘정선전연원유인용영업율경제',
];
const particles = [
  '은',
  '는',
  '이',
  '가',
  '을',
  '를',
  '에',
  '에서',
  '으로',
  '와',
  '과',
  '도',
  '의',
  '까지',
  '부터',
  '에게',
  '보다',
  '',
];
const endings = [
  '했다',
  '합니다',
  '하였다',
  '한다고 밝혔다',
  '할 예정이다',
  '되고 있다',
  '해야 한다',
  '했습니다',
  '하겠어요',
  '되었다',
];
const frequent = [
  '그',
  '이',
  '저',
  '및',
  '또한',
  '그리고',
  '위해',
  '통해',
  '대한',
  '있는',
  '하는',
  '같은',
  '여러',
  '모든',
  '새로운',
];

const onsets = [
  'b',
  'c',
  'd',
  'f',
  'g',
  'h',
  'l',
  'm',
  'n',
  'p',
  'r',
  's',
  't',
  'v',
  'w',
  'st',
  'tr',
  'pr',
  'ch',
  'sh',
  'cl',
  'gr',
];
const vowels = ['a', 'e', 'i', 'o', 'u', 'ea', 'ou', 'ai', 'io'];
const codas = ['', 'n', 'r', 's', 't', 'l', 'm', 'nd', 'ct', 'ng', 'st'];
const suffixes = ['', '', '', 's', 'ed', 'ing', 'tion', 'al', 'er', 'ly', 'ment', 'ive'];
const functionWords = [
  'the',
  'of',
  'and',
  'to',
  'a',
  'in',
  'is',
  'for',
  'that',
  'with',
  'on',
  'as',
  'by',
  'it',
  'from',
  'at',
  'this',
  'be',
  'will',
  'are',
  'has',
  'was',
  'which',
  'their',
  'not',
  'or',
  'an',
];

const pick = <T>(list: readonly T[], number: number): T => list[number % list.length]!;

function koreanStem(index: number): string {
  const next = numbersFrom(11, index);
  return Array.from({ length: 2 + (next() % 2) }, () => pick(syllables, next())).join('');
}

function englishWord(index: number): string {
  const next = numbersFrom(13, index);
  const parts = 1 + (next() % 3);
  let word = '';
  for (let i = 0; i < parts; i++) word += pick(onsets, next()) + pick(vowels, next()) + pick(codas, next());
  return word + pick(suffixes, next());
}

const koreanStems = Array.from({ length: stemCount }, (_, i) => koreanStem(i));
const englishWords = Array.from({ length: stemCount }, (_, i) => englishWord(i));

/** A place in a list of words: the first ones by far the most often. */
function rank(number: number): number {
  return Math.floor(stemCount * (number / 2 ** 32) ** rareFirst);
}

export interface Sentence {
  readonly ko: string;
  readonly en: string;
}

/** `short`: of a few words, so that it fits in 77 tokens of any tokenizer. */
export function sentence(seed: number, index: number, short = false): Sentence {
  const next = numbersFrom(seed, index);
  const words = short ? 2 + (next() % 2) : 5 + (next() % 12);
  const ko: string[] = [];
  for (let i = 0; i < words; i++) {
    ko.push(next() % 5 === 0 ? pick(frequent, next()) : koreanStems[rank(next())]! + pick(particles, next()));
  }
  ko.push(koreanStems[rank(next())]! + pick(endings, next()));
  const en: string[] = [];
  const length = Math.round(words * 1.7) + 2;
  for (let i = 0; i < length; i++) {
    en.push(next() % 9 < 4 ? pick(functionWords, next()) : englishWords[rank(next())]!);
  }
  if (next() % 6 === 0) {
    // Numbers are the words that never repeat.
    const number = String(next() % 100_000);
    ko.splice(1, 0, `${number}명의`);
    en.splice(2, 0, number);
  }
  const first = en[0]!;
  return {
    ko: `${ko.join(' ')}.`,
    en: `${first[0]!.toUpperCase()}${first.slice(1)} ${en.slice(1).join(' ')}.`,
  };
}
