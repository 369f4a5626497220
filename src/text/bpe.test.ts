import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeMergeRules, mergeSymbols } from './bpe.ts';

type Rule = [left: number, right: number, product: number];

/** The definition, word for word, in quadratic time. */
function mergeByDefinition(word: readonly number[], rules: readonly Rule[]): number[] {
  let symbols = [...word];
  for (;;) {
    const held = (rule: Rule) => symbols.some((s, i) => s === rule[0] && symbols[i + 1] === rule[1]);
    const rule = rules.find(held);
    if (rule === undefined) return symbols;
    const merged: number[] = [];
    for (let i = 0; i < symbols.length; i++) {
      const found = symbols[i] === rule[0] && symbols[i + 1] === rule[1];
      merged.push(found ? rule[2] : (symbols[i] as number));
      if (found) i++;
    }
    symbols = merged;
  }
}

test('a repeated symbol merges from left to right', () => {
  const rules = makeMergeRules([
    [1, 1, 2],
    [2, 1, 3],
  ]);
  expect(mergeSymbols([1, 1, 1, 1, 1], rules)).toEqual([2, 3]);
});

test('merging gives what the quadratic definition gives, whatever the rules', () => {
  // Products are new symbols or symbols that another rule makes too, so that a merge may bring in a lower rank.
  const rulesArbitrary = fc.uniqueArray(fc.tuple(fc.nat(7), fc.nat(7), fc.integer({ min: 4, max: 9 })), {
    selector: ([left, right]) => `${left} ${right}`,
    maxLength: 20,
  });
  fc.assert(
    fc.property(rulesArbitrary, fc.array(fc.nat(3), { maxLength: 90, size: 'max' }), (rules, word) => {
      // A rule that makes one of its own operands means no merging vocabulary.
      const sound = rules.filter(([left, right, product]) => product > left && product > right);
      expect(mergeSymbols(word, makeMergeRules(sound))).toEqual(mergeByDefinition(word, sound));
    }),
    { numRuns: 500 },
  );
});

test('the empty word stays empty', () => {
  expect(mergeSymbols([], makeMergeRules([[1, 1, 2]]))).toEqual([]);
});
