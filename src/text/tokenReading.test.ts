import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokenizerFileNames, tokenizerFromFiles } from './load.ts';
import { encodePadded, promptLength } from './tokenizer.ts';
import { readTokens, rowGroups } from './tokenReading.ts';

function tokenizerOf(folder: string) {
  const names = tokenizerFileNames.filter((name) => existsSync(`${folder}/${name}`));
  return tokenizerFromFiles(
    Object.fromEntries(names.map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')])),
  );
}

const clip = tokenizerOf('models/clip-tokenizer');
const emoji = tokenizerOf('models/emoji-sd/model/tokenizer');
const wordpiece = tokenizerOf('models/emoji-tokenizer');
const all = [clip, emoji, wordpiece];

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('빨간', '사과를', 'a', 'apple,', '뷁', '🍎', "it's", ' ', '\n', '  '))
    .map((some) => some.join(' ')),
);

test('the rows have the ids that the encoder is fed, whatever the tokenizer', () => {
  fc.assert(
    fc.property(fc.constantFrom(...all), texts, (tokenizer, text) => {
      const { rows, cut, count } = readTokens(tokenizer, text);
      expect(rows.map(({ id }) => id)).toEqual([...encodePadded(tokenizer, text).ids]);
      expect(count).toBe(tokenizer.count(text) - 2);
      expect(cut.length).toBe(Math.max(0, count - (promptLength - 2)));
    }),
  );
});

test('every row is in one group', () => {
  fc.assert(
    fc.property(fc.constantFrom(...all), texts, (tokenizer, text) => {
      const rows = rowGroups(readTokens(tokenizer, text)).flatMap((group) => group.rows);
      expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: promptLength }, (_, i) => i));
    }),
  );
});

test('tokens of a word are grouped, and say what they spell', () => {
  const reading = readTokens(wordpiece, '빨간 사과를  먹는');
  expect(reading.words).toEqual(['빨간', '사과를', '먹는']);
  expect(rowGroups(reading).map(({ text, kind }) => text || kind)).toEqual([
    'start',
    '빨간',
    '사과를',
    '먹는',
    'end',
    'pad',
  ]);
  const spelt = reading.rows.flatMap(({ word, text }) => (word === 1 ? [text.replace('##', '')] : []));
  expect(spelt.join('')).toBe('사과를');
});

test('what a vocabulary cannot spell is shown as unknown, or as bytes', () => {
  expect(readTokens(wordpiece, '뷁').rows[1]).toMatchObject({ kind: 'unknown', word: 0 });
  const bytes = readTokens(emoji, '뷁').rows.filter(({ kind }) => kind === 'bytes');
  expect(bytes.map(({ text }) => text).join(' ')).toBe(
    Buffer.from('뷁')
      .toString('hex')
      .toUpperCase()
      .replace(/..(?=.)/g, '$& '),
  );
});

test('what is beyond 75 tokens is cut, and counted', () => {
  const { rows, cut, count } = readTokens(wordpiece, '사과 '.repeat(80));
  expect([rows.length, cut.length, count]).toEqual([77, 5, 80]);
  expect(cut.every(({ text }) => text === '사과')).toBe(true);
});
