import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { readPairs } from '../../corpus/pairs.ts';
import { ConfigError } from '../../errors.ts';
import { type RandomStream, randomStream } from '../../random/stream.ts';
import { speakCasually } from './casual.ts';
import { agree, compose, decompose, follows, isSyllable } from './hangul.ts';
import { type Lexicon, parseLexicon, readLexicon } from './lexicon.ts';
import { mineDictionary, mixWords } from './mixing.ts';
import { request } from './requests.ts';
import { respace } from './spacing.ts';
import { mistype } from './typos.ts';
import { otherWords } from './words.ts';

let lexicon: Lexicon;
beforeAll(async () => {
  lexicon = await readLexicon();
});

/** Everything that a change makes of a text, in 2000 draws. */
function outcomes(change: (random: RandomStream) => string): Set<string> {
  return new Set(Array.from({ length: 2000 }, (_, index) => change(randomStream(5, 'test', index))));
}

const syllable = fc.integer({ min: 0xac00, max: 0xd7a3 }).map((code) => String.fromCodePoint(code));

test('every syllable is the one that its letters make, as Unicode composes it', () => {
  fc.assert(
    fc.property(syllable, (character) => {
      expect(isSyllable(character)).toBe(true);
      const letters = decompose(character);
      expect(compose(letters)).toBe(character);
      expect([...character.normalize('NFD')].length).toBe(letters.final === '' ? 2 : 3);
    }),
  );
  expect(decompose('꿇')).toEqual({ initial: 'ㄲ', medial: 'ㅜ', final: 'ㅀ' });
  expect(compose({ initial: 'ㄱ', medial: 'ㅏ', final: 'ㄸ' })).toBeUndefined();
});

test('particles follow the last letter of the word', () => {
  expect(['은', '가', '를', '와', '로', '랑'].map((particle) => agree('별', particle))).toEqual(
    ['은', '이', '을', '과', '로', '이랑'], // ㄹ takes 로
  );
  expect(agree('사과', '으로')).toBe('로');
  expect(agree('파랑', '로')).toBe('으로');
  expect(agree('사과', '의')).toBe('의');
  expect(agree('apple', '를')).toBeUndefined();
  expect(follows('가', '을')).toBe(false); // 가을 is autumn
});

test('a typo changes a few letters of one syllable or two beside each other, and leaves spaces and other words', () => {
  const text = '파란색 배경의 빨간 사과';
  const typed = outcomes((random) => mistype(text, random));
  for (const result of typed) {
    expect(result).not.toBe('');
    expect([...result].every((character) => character === ' ' || isSyllable(character))).toBe(true);
    expect(result.split(' ').length).toBe(4);
    expect([...result].filter((character, at) => character !== text[at]).length).toBeLessThanOrEqual(4);
  }
  expect(typed).toContain('파란색 배겅의 빨간 사과');
  expect(typed).toContain('파란색 배경의 빨간 사가');
  expect(typed.size).toBeGreaterThan(100);
});

test('typos are keys beside, sounds that are confused, and finals that are lost, doubled, exchanged or moved', () => {
  const fish = outcomes((random) => mistype('문어', random));
  for (const typo of ['뭉어', '믄어', '문여', '무너', '무어', '눈어']) expect(fish).toContain(typo);
  expect(outcomes((random) => mistype('초록색', random))).toContain('초록섹');
  const korea = outcomes((random) => mistype('한국', random));
  for (const typo of ['학눅', '항국', '하국']) expect(korea).toContain(typo);
  expect(outcomes((random) => mistype('로켓', random))).toContain('로켔');
});

test('words of one syllable, which would become other words, and other scripts have no typos', () => {
  for (const text of ['귤', 'red apple', '', '말 and 소']) {
    expect(outcomes((random) => mistype(text, random))).toEqual(new Set([text]));
  }
});

test('other words say the same, with the particles that they need', () => {
  const apples = outcomes((random) => otherWords('사과는 파란색 배경에 있다', lexicon, random));
  expect(apples).toContain('애플은 푸른 바탕에 있다');
  expect(apples).toContain('사과는 블루 백그라운드에 있다');
  expect([...apples].join()).not.toMatch(/애플는|사과은/);
  const cars = outcomes((random) => otherWords('자동차와 별이랑 빵으로 그린 그림', lexicon, random));
  expect(cars).toContain('승용차와 스타랑 브레드로 그린 일러스트');
  expect(cars).toContain('자가용과 별이랑 빵으로 그린 그림');
});

test('a colour is replaced by its noun where no noun follows, and behind a shade', () => {
  const nouns = /^(?:배경은|바탕은|백그라운드는) (?:파란색|파랑|파랑색|푸른색|청색|블루)$/;
  for (const text of outcomes((random) => otherWords('배경은 파란색', lexicon, random))) {
    expect(text).toMatch(nouns);
  }
  for (const text of outcomes((random) => otherWords('밝은 파란색 하트', lexicon, random))) {
    expect(text).not.toMatch(/밝은 (?:파란|푸른|새파란) /);
  }
});

test('words that mean something else as well, and parts of words, are left', () => {
  for (const text of ['손으로 그린', '컵 두 개', '북극곰', '별로', '용도', '차 한 잔']) {
    const results = outcomes((random) => otherWords(text, lexicon, random));
    expect(results).toEqual(new Set([text]));
  }
});

test('a lexicon with a word of two meanings, or of another shape, is a clear error', () => {
  expect(() => parseLexicon('words: [[배, 선박], [배, 복부]]', 'my.yaml')).toThrow(/my\.yaml has 배 twice/);
  expect(() => parseLexicon('words: [[사과]]', 'my.yaml')).toThrow(ConfigError);
  expect(() => parseLexicon('word: []', 'my.yaml')).toThrow(/my\.yaml is no lexicon/);
  expect(() => parseLexicon('words: [[a', 'my.yaml')).toThrow(ConfigError);
  expect(parseLexicon('words: [[배, 선박], [배, 복부]]\nhomonyms: [배]', 'x').size).toBe(2);
});

test('a request keeps what is asked for whole, and its particle agrees', () => {
  const apples = outcomes((random) => request('파란색 배경의 사과', random));
  for (const text of apples) expect(text).toContain('파란색 배경의 사과');
  expect(apples).toContain('파란색 배경의 사과를 그려 주실 수 있나요?');
  expect([...apples].join()).not.toMatch(/사과을|\{/);
  expect([...outcomes((random) => request('red apple', random))].join()).not.toMatch(/apple[을를으로]|\{/);
  fc.assert(
    fc.property(fc.string(), fc.nat(999), (text, index) => {
      expect(request(text, randomStream(1, 'test', index))).toContain(text);
    }),
  );
  expect(request("$& $' 값", randomStream(1, 'test'))).toContain("$& $' 값");
});

test('a sentence is asked for as a picture, and a manner as one', () => {
  const rockets = [...outcomes((random) => request('로켓은 회색 배경에 있다', random))];
  expect(rockets.every((text) => text.includes('로켓이 회색 배경에 있는 그림'))).toBe(true);
  expect(outcomes((random) => request('로켓, 보라색 배경', random))).toContain(
    '로켓, 보라색 배경으로 그려 주세요',
  );
  expect([...outcomes((random) => request('개와 소', random))].join()).not.toContain('하나');
  expect([...outcomes((random) => request('비가 내린다.', random))].join()).not.toMatch(/내린다\.[을를]/);
});

test('a scene is said in passing with every word that decides its picture', () => {
  const written = [
    '파란색 배경의 문어',
    '파란색 배경에 문어가 있다',
    '문어는 파란색 배경에 있다',
    '문어, 파란색 배경',
  ];
  for (const text of written) {
    const casual = outcomes((random) => speakCasually(text, random));
    for (const said of casual) expect(said).toMatch(/(?=.*문어)(?=.*파란색)(?=.*배경)/);
    for (const said of [
      '문어, 배경은 파란색',
      '문어 배경이 파란색',
      '파란색 배경 문어ㅋㅋ',
      '문어 파란색 배경!!',
    ]) {
      expect(casual).toContain(said);
    }
  }
  const blue = outcomes((random) => speakCasually('파란 배경의 문어', random));
  expect(blue).toContain('문어인데 배경은 파란색으로');
  const style = outcomes((random) => speakCasually('하얀 배경 앞의 소, 노토 스타일', random));
  expect(style).toContain('소, 배경은 하얀색, 노토 스타일');
});

test('an order is turned into an order', () => {
  const orders = outcomes((random) => speakCasually('보라색 배경의 로켓 좀 그려라', random));
  expect(orders).toContain('로켓 좀 그려라 배경은 보라색으로');
  expect([...orders].join()).not.toMatch(/그려라인데/);
});

test('only particles are dropped: nothing that ends as they do', () => {
  const texts = ['우는 얼굴', '작은 고양이', '가을 하늘', '고압 주의 표시'];
  for (const text of texts) {
    for (const said of outcomes((random) => speakCasually(text, random))) expect(said).toContain(text);
  }
  expect(outcomes((random) => speakCasually('오소리를 그린 그림', random))).toContain('오소리 그린 그림');
  expect(outcomes((random) => speakCasually('상어 옆의 올리브', random))).toContain('상어 옆 올리브');
});

test('spacing moves only spaces', () => {
  const results = outcomes((random) => respace('파란색 배경의 빨간 사과', random));
  for (const text of results) expect(text.replaceAll(' ', '')).toBe('파란색배경의빨간사과');
  expect(results).toContain('파란색배경의빨간사과');
  expect(results.size).toBeGreaterThan(20);
});

test('words that stand together are found, with the particles that Korean puts on them', async () => {
  const dictionary = mineDictionary((await readPairs('models/emoji-sd/captions/train.jsonl')).slice(0, 8000));
  expect(dictionary.get('배경의')).toBe('background');
  expect(dictionary.get('빨간색')).toBe('red');
  expect(dictionary.get('호랑이')).toBe('tiger');
  expect(dictionary.has('없는말')).toBe(false);
});

test('mixing puts in words of the dictionary only', () => {
  const dictionary = new Map([['사과', 'apple']]);
  expect(outcomes((random) => mixWords('빨간 사과, 초록 사과', dictionary, random))).toEqual(
    new Set([
      '빨간 사과, 초록 사과',
      '빨간 apple, 초록 사과',
      '빨간 사과, 초록 apple',
      '빨간 apple, 초록 apple',
    ]),
  );
});
