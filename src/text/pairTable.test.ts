import fc from 'fast-check';
import { expect, test } from 'vitest';
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
