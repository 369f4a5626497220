import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorpusError } from '../../errors.ts';
import { joinParts } from './parts.ts';
import type { StoredFile } from './storedFile.ts';

/** A file of which only place and length matter. */
function stored(path: string, size = 100): StoredFile {
  return { path, segments: [{ file: 'a.tar', offset: path.length, length: size }], packing: 'none', size };
}

const gigabyte = 2 ** 30;

test('parts named by their first byte are joined by number, in whatever order they come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 12 * gigabyte }), { minLength: 1, maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
      (sizes, order) => {
        let start = 0;
        const parts = sizes.map((size) => {
          start += size;
          return stored(`d/X.zip.part${start - size}`, size);
        });
        const shuffled = parts
          .map((part) => ({ part, key: order.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ part }) => part);
        const [joined, ...rest] = joinParts(shuffled);
        expect(rest).toEqual([]);
        expect(joined).toMatchObject({ path: 'd/X.zip', packing: 'none', size: start });
        expect(joined!.segments).toEqual(parts.flatMap(({ segments }) => segments));
      },
    ),
  );
});

test('a part named by its first byte that is missing is named, whichever it is', () => {
  const starts = Array.from({ length: 12 }, (_, i) => i * gigabyte);
  for (const missing of starts.slice(0, -1)) {
    const there = starts
      .filter((start) => start !== missing)
      .map((start) => stored(`X.zip.part${start}`, gigabyte));
    expect(() => joinParts(there)).toThrow(CorpusError);
    expect(() => joinParts(there)).toThrow(`X.zip with number ${missing} is missing`);
  }
  expect(() => joinParts([stored('X.zip.part0', 5), stored(`X.zip.part${gigabyte}`)])).toThrow(
    'or the one before it is cut off: there are X.zip.part0, X.zip.part1073741824',
  );
});

test.each([
  ['X.zip.part', 0, ''],
  ['X.zip.part', 1, ''],
  ['X.zip.', 1, '00'],
  ['X.tar.gz.', 0, '00'],
])('parts that are counted, as %s%i, are joined, and a gap is named', (name, first, zeroes) => {
  const ordinals = Array.from({ length: 12 }, (_, i) => i + first);
  const parts = ordinals.map((n) => stored(`${name}${zeroes ? String(n).padStart(3, '0') : n}`));
  const [joined] = joinParts([...parts].reverse());
  expect(joined).toMatchObject({ path: name.replace(/\.(part)?$/, ''), size: 1200 });
  expect(joined!.parts).toEqual(parts.map(({ path }) => path));
  expect(() => joinParts(parts.filter((_, i) => i !== 4))).toThrow(`number ${first + 4} is missing`);
});

test('files that are no parts stay where they are, with a joined one in the place of its first part', () => {
  const files = ['a.json', 'X.zip.part1', 'b.126', 'X.zip.part2', 'c.json'].map((path) => stored(path));
  expect(joinParts(files).map(({ path }) => path)).toEqual(['a.json', 'X.zip', 'b.126', 'c.json']);
});

test('parts of the same name in two folders are two archives', () => {
  const files = ['a/X.zip.part0', 'b/X.zip.part0'].map((path) => stored(path));
  expect(joinParts(files).map(({ path }) => path)).toEqual(['a/X.zip', 'b/X.zip']);
});

test('parts beside the whole that they were joined to are not read twice', () => {
  const files = ['X.zip', 'X.zip.part0', 'X.zip.part100'].map((path) => stored(path));
  expect(joinParts(files)).toEqual([files[0]]);
});
