import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openTokenizer } from '../encoders/tokenizerFolder.ts';
import { makePairTable } from './pairTable.ts';

test('the table of pairs holds what a map would', () => {
  const keys = fc.tuple(fc.nat(40), fc.nat(2 ** 31 - 1));
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, fc.nat()), { maxLength: 200 }), (entries) => {
      const table = makePairTable(1);
      const map = new Map<string, number>();
      for (const [[first, second], value] of entries) {
        table.set(first, second, value);
        map.set(`${first} ${second}`, value);
      }
      for (const [[first, second]] of entries) {
        expect(table.get(first, second)).toBe(map.get(`${first} ${second}`));
        expect(table.get(first + 41, second)).toBe(-1);
      }
    }),
  );
});

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
