import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broadcast, type Dim, normalAxis, product, quotient, sameShape, staticShape, sum } from './shape.ts';

const dim = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom<Dim[]>('batch', 'length', '(length+1)'));

test('a product is written the same in whatever order it is made', () => {
  expect(product(['length', 2, 'batch', 3])).toBe('6*batch*length');
  expect(product([2, '3*batch'])).toBe(product(['batch', 6]));
  expect(product([])).toBe(1);
  expect(product(['batch', 0])).toBe(0);
  fc.assert(
    fc.property(fc.array(dim), (dims) => {
      expect(product([...dims].reverse())).toBe(product(dims));
      expect(product([product(dims.slice(0, 2)), ...dims.slice(2)])).toBe(product(dims));
    }),
  );
});

test('a quotient undoes a product', () => {
  fc.assert(
    fc.property(dim, dim, (a, b) => {
      expect(quotient(product([a, b]), b)).toBe(product([a]));
    }),
  );
  expect(quotient('2*batch', 4)).toBeUndefined();
  expect(quotient(6, 'batch')).toBeUndefined();
  expect(quotient(6, 0)).toBeUndefined();
});

test('sums with symbols stay written out, and are factors of their own', () => {
  expect(sum(2, 3)).toBe(5);
  expect(sum('length', 0)).toBe('length');
  expect(sum('length', 1)).toBe('(length+1)');
  expect(product(['batch', sum('length', 1)])).toBe('(length+1)*batch');
  expect(quotient('(length+1)*batch', 'batch')).toBe('(length+1)');
});

test('broadcasting follows NumPy, and a symbol fits itself and 1', () => {
  expect(broadcast([2, 1, 4], [3, 1])).toEqual([2, 3, 4]);
  expect(broadcast([], ['n', 2])).toEqual(['n', 2]);
  expect(broadcast(['n', 1], [1, 'm'])).toEqual(['n', 'm']);
  expect(broadcast(['n'], ['m'])).toBeUndefined();
  expect(broadcast(['n'], [3])).toBeUndefined();
});

test('axes count from either end', () => {
  expect(normalAxis(-1, 3, 'Op')).toBe(2);
  expect(() => normalAxis(3, 3, 'Op')).toThrow('Op: axis 3');
  expect(() => normalAxis(0.5, 3, 'Op')).toThrow('axis 0.5');
});

test('shapes are the same only if they are written the same', () => {
  expect(sameShape([2, 'n'], [2, 'n'])).toBe(true);
  expect(sameShape([2], [2, 1])).toBe(false);
  expect(() => staticShape([2, 'n'], 'GroupNorm')).toThrow(
    'GroupNorm needs a shape of numbers, but has [2, n]',
  );
});
