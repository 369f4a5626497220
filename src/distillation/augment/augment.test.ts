import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type Pair, readPairs } from '../../corpus/pairs.ts';
import { type AugmentRates, augmenter, leavesTexts } from './augment.ts';
import { readLexicon } from './lexicon.ts';
import { mineDictionary } from './mixing.ts';
import { type AugmentSources, augmentKindNames } from './registry.ts';

let pairs: readonly Pair[];
let sources: AugmentSources;

beforeAll(async () => {
  pairs = (await readPairs('models/emoji-sd/captions/train.jsonl')).slice(0, 8000);
  sources = { dictionary: mineDictionary(pairs), lexicon: await readLexicon() };
});

const every = (rate: number) =>
  Object.fromEntries(augmentKindNames.map((name) => [name, rate])) as AugmentRates;
const off = every(0);
const rows = Array.from({ length: 200 }, (_, row) => row);
const textOf = (row: number) => pairs[20 * row]!.ko;

test('the same seed, epoch and row make the same text; another epoch makes another', () => {
  const all = augmenter(every(0.5), 3, sources);
  const epoch = (number: number) => rows.map((row) => all(textOf(row), number, row));
  expect(epoch(1)).toEqual(epoch(1));
  expect(epoch(1)).not.toEqual(epoch(2));
});

test('nothing is changed at rate 0', () => {
  const none = augmenter(off, 0, sources);
  fc.assert(fc.property(fc.string(), fc.nat(99), (text, row) => none(text, 0, row) === text));
  expect(leavesTexts(off)).toBe(true);
  expect(leavesTexts({ ...off, typos: 0.1 })).toBe(false);
});

test.each(augmentKindNames)('the wanted part of the texts is changed: %s', (kind) => {
  const changed = (rate: number) => {
    const augment = augmenter({ ...off, [kind]: rate }, 0, sources);
    return rows.filter((row) => augment(textOf(row), 0, row) !== textOf(row)).length / rows.length;
  };
  const most = changed(1);
  expect(most).toBeGreaterThan(0.4);
  expect(Math.abs(changed(0.3) - 0.3 * most)).toBeLessThan(0.1);
});

test.each(augmentKindNames)('what other kinds do does not depend on how much there is of %s', (kind) => {
  const texts = (rates: AugmentRates) => {
    const augment = augmenter(rates, 0, sources);
    return rows.map((row) => augment(textOf(row), 0, row));
  };
  for (const other of augmentKindNames.filter((name) => name !== kind)) {
    const alone = texts({ ...off, [other]: 0.5 });
    // It is asked for, draws its numbers, and comes to no text.
    expect(texts({ ...off, [other]: 0.5, [kind]: 1e-12 })).toEqual(alone);
  }
});

test.each(augmentKindNames)('any text can be changed: %s', (kind) => {
  const augment = augmenter({ ...off, [kind]: 1 }, 0, sources);
  const hangul = fc.stringMatching(/^[가-힣 ,a-z.]{0,40}$/);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), hangul), fc.nat(99), (text, row) => {
      const changed = augment(text, 0, row);
      // No letter is left outside its syllable.
      const loose = (value: string) => value.match(/[\u1100-\u11ff]/g)?.length ?? 0;
      expect(loose(changed)).toBe(loose(text));
      if (changed !== text && text.normalize('NFC') === text) expect(changed.normalize('NFC')).toBe(changed);
    }),
  );
});
