import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openTokenizer } from './tokenizerFolder.ts';

test.each(['models/clip-tokenizer', 'fixtures/golden/tokenizers/bert', 'models/emoji-tokenizer'])(
  'counting with %s gives the length of encoding, for any text',
  async (folder) => {
    const { tokenizer } = await openTokenizer(folder);
    const parts = fc.constantFrom(
      '가',
      '나라',
      'Cat',
      's',
      '12',
      '.',
      '한',
      '\u1112',
      '漢',
      '[SEP]',
      '<|endoftext|>',
      ' ',
      '\u3000',
      '\u0085',
      'é',
      '😀',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(parts, { maxLength: 40 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(tokenizer.count(text)).toBe(tokenizer.encode(text).ids.length);
      }),
      { numRuns: 1000 },
    );
  },
);
