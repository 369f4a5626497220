import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapePrompt, parsePrompt, type WeightedText } from './promptSyntax.ts';

/** The pieces of a prompt without BREAK, as [text, weight]. */
function pieces(prompt: string): [string, number][] {
  const parts = parsePrompt(prompt);
  expect(parts).toHaveLength(1);
  return (parts[0] as WeightedText[]).map(({ text, weight }) => [text, Number(weight.toFixed(6))]);
}

describe('weights', () => {
  test.each<[string, [string, number][]]>([
    ['plain text', [['plain text', 1]]],
    [
      'a (red) apple',
      [
        ['a ', 1],
        ['red', 1.1],
        [' apple', 1],
      ],
    ],
    ['((word))', [['word', 1.21]]],
    ['[word]', [['word', 0.909091]]],
    ['(word:1.3)', [['word', 1.3]]],
    ['( word : 1.3 )', [[' word ', 1.3]]],
    [
      '(word:.5)(word:-1)',
      [
        ['word', 0.5],
        ['word', -1],
      ],
    ],
    [
      '(빨간 사과:1.4), 파란색 배경',
      [
        ['빨간 사과', 1.4],
        [', 파란색 배경', 1],
      ],
    ],
    [
      '(a (house:2) (on:1.5) [hill], sun, (((sky))))',
      [
        ['a ', 1.1],
        ['house', 2.2],
        [' ', 1.1],
        ['on', 1.65],
        [' ', 1.1],
        ['hill', 1],
        [', sun, ', 1.1],
        ['sky', 1.4641],
      ],
    ],
    [String.raw`a \(literal\] \\ \[bracket`, [[String.raw`a (literal] \ [bracket`, 1]]],
    [String.raw`c:\path`, [[String.raw`c:\path`, 1]]],
    [
      '(never (closed',
      [
        ['never ', 1.1],
        ['closed', 1.21],
      ],
    ],
    ['closes) nothing]', [['closes) nothing]', 1]]],
    ['a:1.3) b', [['a:1.3) b', 1]]],
    ['[a:1.3]', [['a:1.3', 0.909091]]],
    ['(a:b)', [['a:b', 1.1]]],
    ['(a:1.2.3)', [['a:1.2.3', 1.1]]],
    [
      '(a [b) c]',
      [
        ['a ', 1.1],
        ['b', 1],
        [' c', 0.909091],
      ],
    ],
    ['()', []],
    ['', []],
  ])('%s', (prompt, expected) => {
    expect(pieces(prompt)).toEqual(expected);
  });
});

test('BREAK as a word of its own parts the prompt, also within brackets, and inside a word it is text', () => {
  const texts = (prompt: string) => parsePrompt(prompt).map((part) => part.map(({ text }) => text).join(''));
  expect(texts('a BREAK b')).toEqual(['a ', ' b']);
  expect(texts('(a BREAK b:1.2)')).toEqual(['a ', ' b']);
  expect(texts('BREAKFAST OUTBREAK break')).toEqual(['BREAKFAST OUTBREAK break']);
  expect(texts('BREAK')).toEqual(['', '']);
});

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '(',
        ')',
        '[',
        ']',
        '\\',
        ':',
        ':1.2)',
        '1',
        '.',
        ' ',
        'BREAK',
        '사과',
        'red',
        ':-0)',
        '9'.repeat(400),
      ),
    )
    .map((parts) => parts.join('')),
);

test('any text is a prompt with finite weights, and no character but those of the syntax is lost', () => {
  const syntax = /[()[\]\\]|BREAK/g;
  fc.assert(
    fc.property(anything, (prompt) => {
      const all = parsePrompt(prompt).flat();
      for (const { text, weight } of all) {
        expect(text).not.toBe('');
        expect(Number.isFinite(weight)).toBe(true);
      }
      // Numbers of weights go with their brackets.
      const without = (text: string) =>
        text
          .replace(/:\s*[-+.\d]*\s*(?=\))/g, '')
          .replace(syntax, '')
          .replace(/[-+:.\d\s]/g, '');
      expect(without(all.map(({ text }) => text).join(''))).toBe(without(prompt));
    }),
    { numRuns: 2000 },
  );
});

test('an escaped text has its own characters and weight 1', () => {
  fc.assert(
    fc.property(anything, (text) => {
      fc.pre(!text.includes('BREAK'));
      expect(parsePrompt(escapePrompt(text))).toEqual([text === '' ? [] : [{ text, weight: 1 }]]);
    }),
    { numRuns: 1000 },
  );
});

type Tree = string | { bracket: '(' | '[' | number; inner: Tree[] };

const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((text) => !text.includes('BREAK')),
    fc.record({
      bracket: fc.oneof(
        fc.constantFrom<'(' | '['>('(', '['),
        fc.integer({ min: -30, max: 30 }).map((n) => n / 10),
      ),
      inner: fc.array(tie('tree'), { maxLength: 3 }),
    }),
  ),
}));

function written(node: Tree): string {
  if (typeof node === 'string') return escapePrompt(node);
  const inner = node.inner.map(written).join('');
  if (node.bracket === '[') return `[${inner}]`;
  return node.bracket === '(' ? `(${inner})` : `(${inner}:${node.bracket})`;
}

/** Every character with its weight. */
function characters(node: Tree, weight = 1): [string, number][] {
  if (typeof node === 'string') return [...node].map((character) => [character, weight]);
  const factor = node.bracket === '(' ? 1.1 : node.bracket === '[' ? 1 / 1.1 : node.bracket;
  return node.inner.flatMap((inner) => characters(inner, weight * factor));
}

test('nesting multiplies: every character has the product of the weights around it', () => {
  fc.assert(
    fc.property(tree, (node) => {
      const expected = characters(node);
      const actual = (parsePrompt(written(node))[0] ?? []).flatMap(({ text, weight }) =>
        [...text].map((character): [string, number] => [character, weight]),
      );
      expect(actual.map(([character]) => character)).toEqual(expected.map(([character]) => character));
      actual.forEach(([, weight], i) => {
        expect(weight).toBeCloseTo(expected[i]![1], 6);
      });
    }),
    { numRuns: 1000 },
  );
});
