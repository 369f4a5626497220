import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from '../errors.ts';
import { tokenizerFromFiles } from './load.ts';
import { encodeBatch, encodePadded, pad } from './tokenizer.ts';
import { wordpieceFiles } from './wordpieceFiles.ts';
import { klueSpecialTokens } from './wordpieceTrainer.ts';

const tokenizer = tokenizerFromFiles(wordpieceFiles([...klueSpecialTokens, '개', '##집', '고양이']));

test('a short text is padded on the right and masked', () => {
  const { ids, attentionMask, length, untruncatedLength } = encodePadded(tokenizer, '개집 고양이', 8);
  expect([...ids]).toEqual([0, 5, 6, 7, 2, 1, 1, 1]);
  expect([...attentionMask]).toEqual([1, 1, 1, 1, 1, 0, 0, 0]);
  expect([length, untruncatedLength]).toEqual([5, 5]);
});

test('a long text keeps the first tokens and the end token', () => {
  const { ids, attentionMask, length, untruncatedLength } = encodePadded(tokenizer, '개 '.repeat(100));
  expect([...ids]).toEqual([0, ...Array(75).fill(5), 2]);
  expect([...attentionMask]).toEqual(Array(77).fill(1));
  expect([length, untruncatedLength]).toEqual([77, 102]);
});

test('every row of a batch is what its text alone gives', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.integer({ min: 2, max: 20 }), (texts, length) => {
      const batch = encodeBatch(tokenizer, texts, length);
      expect(batch.shape).toEqual([texts.length, length]);
      for (const [row, text] of texts.entries()) {
        const one = encodePadded(tokenizer, text, length);
        expect(batch.ids.slice(row * length, (row + 1) * length)).toEqual(one.ids);
        expect(batch.attentionMask.slice(row * length, (row + 1) * length)).toEqual(one.attentionMask);
        expect(batch.lengths[row]).toBe(one.length);
        expect(batch.untruncatedLengths[row]).toBe(one.untruncatedLength);
      }
    }),
    { numRuns: 50 },
  );
});

test('a length without room for start and end is refused', () => {
  expect(() => pad(tokenizer, { ids: [0, 2] }, 1)).toThrow(InputError);
  expect(() => pad(tokenizer, { ids: [0, 2] }, 7.5)).toThrow(InputError);
  expect([...pad(tokenizer, { ids: [0, 5, 2] }, 2).ids]).toEqual([0, 2]);
});
