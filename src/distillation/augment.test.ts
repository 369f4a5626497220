import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type Pair, readPairs } from '../corpus/pairs.ts';
import { augmenter, leavesTexts, mineDictionary } from './augment.ts';

let pairs: readonly Pair[];
let dictionary: Map<string, string>;

beforeAll(async () => {
  pairs = (await readPairs('models/emoji-sd/captions/train.jsonl')).slice(0, 8000);
  dictionary = mineDictionary(pairs);
});

const off = { requests: 0, mixing: 0, spacing: 0 };
const rows = Array.from({ length: 200 }, (_, row) => row);

test('words that stand together are found, with the particles that Korean puts on them', () => {
  expect(dictionary.get('배경의')).toBe('background');
  expect(dictionary.get('빨간색')).toBe('red');
  expect(dictionary.get('호랑이')).toBe('tiger');
  expect(dictionary.has('없는말')).toBe(false);
});

test('the same seed, epoch and row make the same text; another epoch makes another', () => {
  const all = augmenter({ requests: 0.5, mixing: 0.5, spacing: 0.5 }, 3, dictionary);
  const epoch = (number: number) => rows.map((row) => all(pairs[row]!.ko, number, row));
  expect(epoch(1)).toEqual(epoch(1));
  expect(epoch(1)).not.toEqual(epoch(2));
});

test('the wanted part of the texts is changed, and without settings none is', () => {
  const changed = (settings: typeof off) => {
    const augment = augmenter(settings, 0, dictionary);
    return rows.filter((row) => augment(pairs[row]!.ko, 0, row) !== pairs[row]!.ko).length / rows.length;
  };
  expect(changed(off)).toBe(0);
  expect(changed({ ...off, requests: 1 })).toBe(1);
  expect(changed({ ...off, requests: 0.3 })).toBeGreaterThan(0.2);
  expect(changed({ ...off, requests: 0.3 })).toBeLessThan(0.4);
  expect(changed({ ...off, mixing: 1 })).toBeGreaterThan(0.5);
  expect(leavesTexts(off)).toBe(true);
  expect(leavesTexts({ ...off, mixing: 0.1 })).toBe(false);
});

test('a request keeps the text whole, whatever it holds', () => {
  const augment = augmenter({ ...off, requests: 1 }, 0, dictionary);
  fc.assert(
    fc.property(fc.string(), fc.nat(99), (text, row) => {
      expect(augment(text, 0, row)).toContain(text);
    }),
  );
  expect(augment("$& $' 값", 0, 1)).toContain("$& $' 값");
});

test('spacing moves only spaces', () => {
  const augment = augmenter({ ...off, spacing: 1 }, 0, dictionary);
  for (const row of rows) {
    const { ko } = pairs[row]!;
    expect(augment(ko, 0, row).replaceAll(' ', '')).toBe(ko.replaceAll(' ', ''));
  }
  expect(rows.some((row) => augment(pairs[row]!.ko, 0, row) !== pairs[row]!.ko)).toBe(true);
});

test('mixing puts in words of the dictionary only', () => {
  const augment = augmenter({ ...off, mixing: 1 }, 0, new Map([['사과', 'apple']]));
  const results = rows.map((row) => augment('빨간 사과, 초록 사과', 0, row));
  expect(new Set(results)).toEqual(
    new Set([
      '빨간 사과, 초록 사과',
      '빨간 apple, 초록 사과',
      '빨간 사과, 초록 apple',
      '빨간 apple, 초록 apple',
    ]),
  );
});
