import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigError } from '../errors.ts';
import { tokenizerFromFiles } from './load.ts';
import type { Tokenizer } from './tokenizer.ts';
import { wordpieceFiles } from './wordpieceFiles.ts';
import { klueSpecialTokens, trainWordPiece } from './wordpieceTrainer.ts';

const captions = readFileSync(
  fileURLToPath(new URL('../../models/emoji-sd/captions/train.jsonl', import.meta.url)),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { en: string; ko: string })
  .flatMap(({ en, ko }) => [en, ko]);

function tokenizerOf(vocabulary: string[]): Tokenizer {
  return tokenizerFromFiles(wordpieceFiles(vocabulary));
}

test('special tokens come first, then characters by code point, then pieces by frequency', () => {
  expect(trainWordPiece(['ab ab abc', 'b!'], { size: 100 })).toEqual([
    ...klueSpecialTokens,
    ...['!', 'a', '##a', 'b', '##b', 'c', '##c'],
    'ab',
  ]);
});

test('of equally frequent pairs the one with the smaller left id, then right id, is merged first', () => {
  const vocabulary = trainWordPiece(['zy zy ac ac ab ab'], { size: 100 });
  expect(vocabulary.slice(-3)).toEqual(['ab', 'ac', 'zy']);
});

test('a pair that is rarer than the minimum is not merged', () => {
  expect(trainWordPiece(['ab ab'], { size: 100, minFrequency: 3 })).not.toContain('ab');
  expect(trainWordPiece(['ab'], { size: 100, minFrequency: 1 })).toContain('ab');
});

test('a special token in a text teaches nothing', () => {
  expect(trainWordPiece(['[MASK] [MASK][CLS]'], { size: 100 })).toEqual([...klueSpecialTokens]);
});

test('a size without room for the characters is refused', () => {
  expect(() => trainWordPiece(['abc'], { size: 10 })).toThrow(ConfigError);
  expect(() => trainWordPiece(['abc'], { size: 10 })).toThrow(/at least 11/);
});

test('no training word is unknown, ids stay inside the vocabulary, and the order of texts does not matter', () => {
  const letters = fc.constantFrom(
    'a',
    'b',
    'B',
    '가',
    '각',
    '나',
    '漢',
    '!',
    '1',
    ' ',
    '🍎',
    'é',
    '\u0301',
    '\u200b',
  );
  const texts = fc.array(fc.string({ unit: letters, maxLength: 40 }), { maxLength: 20 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 40, max: 80 }), (list, size) => {
      const vocabulary = trainWordPiece(list, { size });
      expect(vocabulary.length).toBeLessThanOrEqual(size);
      expect(new Set(vocabulary).size).toBe(vocabulary.length);
      expect(trainWordPiece([...list].reverse(), { size })).toEqual(vocabulary);
      const tokenizer = tokenizerOf(vocabulary);
      for (const text of list) expect(tokenizer.encode(text).ids).not.toContain(tokenizer.unknownId);
    }),
  );
});

test('every merge is of a pair that no other pair exceeds in frequency', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ') }), { maxLength: 12 }),
      (texts) => {
        expect(trainWordPiece(texts, { size: 60 })).toEqual(trainByDefinition(texts.join(' '), 60));
      },
    ),
  );
});

/** The definition, counting all pairs anew for every merge. Only for texts of plain letters and spaces. */
function trainByDefinition(text: string, size: number): string[] {
  let words = text
    .split(' ')
    .map((word) => Array.from(word, (letter, i) => (i === 0 ? letter : `##${letter}`)));
  const letters = [...new Set(text.replaceAll(' ', ''))].sort();
  const vocabulary = [...klueSpecialTokens, ...letters.flatMap((letter) => [letter, `##${letter}`])];
  while (vocabulary.length < size) {
    const counts = new Map<string, number>();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = `${word[i]} ${word[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const ranked = [...counts].map(([pair, count]) => ({
      ids: pair.split(' ').map((t) => vocabulary.indexOf(t)),
      count,
    }));
    ranked.sort((a, b) => b.count - a.count || a.ids[0]! - b.ids[0]! || a.ids[1]! - b.ids[1]!);
    const best = ranked[0];
    if (best === undefined || best.count < 2) break;
    const [left, right] = best.ids.map((id) => vocabulary[id] as string) as [string, string];
    const token = left + right.slice(2);
    if (!vocabulary.includes(token)) vocabulary.push(token);
    words = words.map((word) => {
      const merged: string[] = [];
      for (const piece of word) {
        const joins = merged.at(-1) === left && piece === right;
        if (joins) merged[merged.length - 1] = token;
        else merged.push(piece);
      }
      return merged;
    });
  }
  return vocabulary;
}

test('the emoji captions give a vocabulary of the asked size that knows all of them', () => {
  const vocabulary = trainWordPiece(captions, { size: 4000 });
  expect(vocabulary.length).toBe(4000);
  const tokenizer = tokenizerOf(vocabulary);
  expect(tokenizer).toMatchObject({ startId: 0, padId: 1, endId: 2, unknownId: 3, vocabSize: 4000 });
  const lengths = captions.map((caption) => {
    const { ids } = tokenizer.encode(caption);
    expect(ids.includes(tokenizer.unknownId)).toBe(false);
    return ids.length;
  });
  expect(Math.max(...lengths)).toBeLessThan(77);
  expect(tokenizer.decode(tokenizer.encode('파란색 배경의 고양이').ids)).toBe('파란색 배경의 고양이');
});

test('tokenizer.json alone makes the same tokenizer as vocab.txt', () => {
  const files = wordpieceFiles(trainWordPiece(captions, { size: 4000 }), { maxLength: 77 });
  const slow = tokenizerFromFiles(files);
  const fast = tokenizerFromFiles({ 'tokenizer.json': files['tokenizer.json'] as string });
  expect(slow.maxLength).toBe(77);
  for (const caption of [...captions.slice(0, 500), 'Été [MASK]', '韓'.normalize('NFD')]) {
    expect(fast.encode(caption)).toEqual(slow.encode(caption));
  }
});
