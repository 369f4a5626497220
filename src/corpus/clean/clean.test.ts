import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { marks, repairs } from '../reasons.ts';
import { defaultRules } from '../rules.ts';
import { judge } from './judge.ts';
import { cleanText, normalise } from './text.ts';

const names = (all: readonly string[], bits: number) => all.filter((_, i) => bits & (1 << i));

test.each([
  ['Tom &amp; Jerry&#39;s', "Tom & Jerry's", ['entities']],
  ['&amp;lt;b&amp;gt;', '<b>', ['entities']],
  ['AT&T and R&D', 'AT&T and R&D', []],
  ['한국어'.normalize('NFD'), '한국어', ['nfc']],
  ['\ufeff보이지\u200b 않는\u00ad 문자\u0000', '보이지 않는 문자', ['controls']],
  ['두\r\n줄\t문장', '두 줄 문장', ['lineBreaks']],
  ['  앞뒤와\u3000가운데  공백 ', '앞뒤와 가운데 공백', ['spaces']],
  ['끝에 줄 바꿈\n', '끝에 줄 바꿈', ['lineBreaks']],
  ['가족 👨‍👩‍👧 ❤️', '가족 👨‍👩‍👧 ❤️', []],
] as const)('%j becomes %j', (raw, text, expected) => {
  const cleaned = cleanText(raw);
  expect(cleaned.text).toBe(text);
  expect(names(repairs, cleaned.repaired)).toEqual(expected);
});

test('a text that was cleaned is clean', () => {
  const odd = fc.constantFrom(
    '&amp;',
    '&lt;',
    '\u200b',
    '\ufeff',
    '\u200d',
    '\n',
    '\u3000',
    'ㄱ',
    'ᄒ',
    'ᅡ',
    '👨',
    '\ud800',
    ' ',
    'a',
    '가',
  );
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(odd).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(texts, (raw) => {
      const { text } = cleanText(raw);
      expect(text).toBe(text.trim());
      // Entities that other entities spell are decoded three deep: deeper ones may remain.
      if (!text.includes('&')) expect(cleanText(text)).toMatchObject({ text, repaired: 0 });
    }),
    { numRuns: 2000 },
  );
});

test('marks are seen and left', () => {
  expect(names(marks, cleanText('#@이름#님, ***번').marked)).toEqual(['masked']);
  expect(names(marks, cleanText('ＡＢＣ！').marked)).toEqual(['fullWidth']);
  expect(names(marks, cleanText('- 누구세요?').marked)).toEqual(['speakerDash']);
});

test('texts that differ in case, spaces, punctuation and width only are one when normalised', () => {
  expect(normalise('The CAT, sat!')).toBe(normalise('the cat sat'));
  expect(normalise('Ｔｈｅ　ｃａｔ')).toBe(normalise('the cat'));
  expect(normalise('그 고양이.')).toBe(normalise('그고양이'));
  expect(normalise('?!')).toBe('?!');
});

test('a row gets the first reason that applies', () => {
  const reason = (ko: unknown, en: unknown) => judge(ko, en, defaultRules).reason;
  expect(reason(null, 'a')).toBe('missing');
  expect(reason(3, 'a')).toBe('missing');
  expect(reason('가', ' \n')).toBe('empty');
  expect(reason('DNA', 'dna')).toBe('equal');
  expect(reason('고양이', 'cat (고양이)')).toBe('hangulInEnglish');
  expect(reason('고양이', '123')).toBe('noLatinInEnglish');
  expect(reason('cats', 'a cat')).toBe('noHangulInKorean');
  expect(reason('짧다', 'a sentence that is far too long for two syllables')).toBe('lengthRatio');
  expect(reason('고구마', 'roasted sweet potato')).toBeUndefined();
});

test('all captions of the emoji world pass but those that are no Korean, or only half translated', () => {
  const captions = readFileSync('models/emoji-sd/captions/train.jsonl', 'utf8').trim().split('\n');
  const refused = captions.filter((line) => {
    const { ko, en } = JSON.parse(line) as { ko: string; en: string };
    return judge(ko, en, defaultRules).reason !== undefined;
  });
  expect(refused.length).toBeLessThan(10);
});
