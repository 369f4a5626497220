import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitRecords } from './csvRecords.ts';
import { splitElements } from './elements.ts';

/** `text` in pieces that end at the places. */
function cut(text: string, places: readonly number[]): string[] {
  const ends = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((start, i) => text.slice(start, ends[i] ?? text.length));
}

const texts = fc.string({
  unit: fc.constantFrom('가', 'a', '"', '\\', '{', '}', '[', ']', ',', '\n', ' ', ':'),
});
const records = fc.array(fc.record({ ko: texts, en: texts, tags: fc.array(texts, { maxLength: 2 }) }), {
  maxLength: 8,
});

test('the elements of an array come out whole, wherever the pieces are cut', () => {
  const wrap = fc.constantFrom(
    (json: string) => json,
    (json: string) => `{"name": "x [{", "tags": ["a", "b"], "data": ${json}}`,
  );
  fc.assert(
    fc.property(
      records,
      wrap,
      fc.array(fc.nat(5000), { maxLength: 30 }),
      fc.boolean(),
      (all, wrapped, places, pretty) => {
        fc.pre(all.length > 0);
        const text = wrapped(JSON.stringify(all, null, pretty ? 2 : undefined));
        const elements = splitElements();
        const found = cut(text, places).flatMap((piece) => elements.push(piece));
        const { elements: last, whole } = elements.end();
        expect([...found, ...last].map((element) => JSON.parse(element))).toEqual(all);
        expect(whole).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test('an array that is cut off is not whole, and gives the elements before', () => {
  const all = Array.from({ length: 20 }, (_, i) => ({ ko: `가${i}`, en: `a "${i}"` }));
  const text = JSON.stringify({ data: all });
  for (let end = 10; end < text.length - 2; end++) {
    const elements = splitElements();
    const found = elements.push(text.slice(0, end));
    const rest = elements.end();
    expect(rest.whole).toBe(false);
    expect([...found, ...rest.elements].map((element) => JSON.parse(element))).toEqual(
      all.slice(0, found.length),
    );
  }
});

test('an element with a quote too few costs itself and not the rest', () => {
  const all = Array.from({ length: 50 }, (_, i) => ({ ko: `가 ${i}`, en: `a ${i}` }));
  const text = JSON.stringify(all).replace('"가 7"', '"가 7');
  const elements = splitElements();
  const found = [...elements.push(text), ...elements.end().elements];
  const parsed = found.flatMap((element) => {
    try {
      return [JSON.parse(element) as unknown];
    } catch {
      return [];
    }
  });
  expect(parsed.length).toBeGreaterThanOrEqual(48);
});

const cells = fc.string({ unit: fc.constantFrom('가', 'a', '"', ',', '\n', ' ') });
const rows = fc.array(fc.tuple(cells, cells, cells), { minLength: 1, maxLength: 12 });

test('records of CSV come out whole, line breaks and quotes in cells included', () => {
  const header = ['ko', 'en', 'x'];
  fc.assert(
    fc.property(rows, fc.nat(6), (all, batch) => {
      const text = [header, ...all]
        .map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(','))
        .join('\n');
      const lines = text.split('\n');
      const splitter = splitRecords();
      const found = [];
      for (let i = 0; i < lines.length; i += batch + 1)
        found.push(...splitter.push(lines.slice(i, i + batch + 1)));
      found.push(...splitter.end());
      expect(found).toEqual([header, ...all].map((row) => ({ cells: row })));
    }),
    { numRuns: 500 },
  );
});

test('a line with too many cells, and one with a quote too many, are given up alone', () => {
  const splitter = splitRecords();
  const lines = ['a,b', '1,2', '1,2,3', '"x,2', '3,4', '"p\nq",5'.split('\n'), '6,7'].flat();
  const found = [...splitter.push(lines), ...splitter.end()];
  expect(found.map((record) => ('cells' in record ? record.cells : 'broken'))).toEqual([
    ['a', 'b'],
    ['1', '2'],
    'broken',
    'broken',
    ['3', '4'],
    ['p\nq', '5'],
    ['6', '7'],
  ]);
});
