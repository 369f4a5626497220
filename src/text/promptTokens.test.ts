import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokenizerFileNames, tokenizerFromFiles } from './load.ts';
import { chunkPrompt, emptyChunk } from './promptChunks.ts';
import { parsePrompt } from './promptSyntax.ts';
import { type ExtraWord, promptTokens } from './promptTokens.ts';
import { encodePadded, type Tokenizer } from './tokenizer.ts';

function open(folder: string): Tokenizer {
  const files: Record<string, string> = {};
  for (const name of tokenizerFileNames) {
    try {
      files[name] = readFileSync(`${folder}/${name}`, 'utf8');
    } catch {}
  }
  return tokenizerFromFiles(files);
}

const clip = open('models/clip-tokenizer');
const wordpiece = open('models/emoji-tokenizer');

/** Tokens of a prompt with their weights. */
function weighted(tokenizer: Tokenizer, prompt: string): [string | undefined, number][] {
  const tokens = parsePrompt(prompt).flatMap((pieces) => promptTokens(tokenizer, pieces));
  return tokens.map(({ ids: [id = -1], weight }) => [tokenizer.decode([id]), weight]);
}

describe('weights follow the words that they were written for', () => {
  test('Korean with WordPiece: a particle stays the continuation of its word', () => {
    const plain = wordpiece.tokens('빨간 사과, 파란색 배경의 자동차');
    const tokens = promptTokens(wordpiece, parsePrompt('(빨간 사과:1.4), 파란색 (배경:2)의 자동차')[0] ?? []);
    expect(tokens.map(({ ids }) => ids[0])).toEqual(
      wordpiece.encode('빨간 사과, 파란색 배경의 자동차').ids.slice(1, -1),
    );
    const of = (word: string) => tokens[plain.indexOf(word)]?.weight;
    expect([of('빨간'), of(','), of('파란색'), of('자동차')]).toEqual([1.4, 1, 1, 1]);
    const background = plain.findIndex((token) => token.startsWith('배'));
    expect(tokens[background]?.weight).toBe(2);
  });

  test('English with CLIP', () => {
    expect(weighted(clip, 'a (red:1.5) apple, [blue]')).toEqual([
      ['a', 1],
      ['red', 1.5],
      ['apple', 1],
      [',', 1],
      ['blue', 1 / 1.1],
    ]);
    expect(weighted(clip, '(red:1.5)-ish')[0]).toEqual(['red', 1.5]);
    expect(weighted(clip, 'a(b:2)').map(([, weight]) => weight)).toHaveLength(clip.count('ab') - 2);
  });
});

const parts = fc.constantFrom(
  '가',
  '나라',
  '사과',
  'Cat',
  's',
  '12',
  '.',
  ',',
  '한',
  '\u1112',
  '漢',
  '[SEP]',
  '<|endoftext|>',
  ' ',
  '\u3000',
  '\u0085',
  '\f',
  'é',
  '😀',
  '(',
  ')',
  '[',
  ']',
  ':1.3)',
  '\\',
  'red',
);
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(parts, { maxLength: 30 }).map((all) => all.join('')),
);

describe.each([
  ['clip', clip],
  ['wordpiece', wordpiece],
])('%s', (_, tokenizer) => {
  test('weights never change what the tokens are', () => {
    fc.assert(
      fc.property(texts, (prompt) => {
        const [pieces = []] = parsePrompt(prompt);
        const plain = pieces.map(({ text }) => text).join('');
        const tokens = promptTokens(tokenizer, pieces);
        expect(tokens.flatMap(({ ids }) => ids)).toEqual(tokenizer.encode(plain).ids.slice(1, -1));
        const weights = new Set(pieces.map(({ weight }) => weight));
        for (const { weight } of tokens) expect(weights).toContain(weight);
      }),
      { numRuns: 1000 },
    );
  });

  test('a prompt that fits is one chunk, as it is padded without weights', () => {
    fc.assert(
      fc.property(texts, (prompt) => {
        fc.pre(tokenizer.count(prompt) <= 77);
        const { chunks, cut } = chunkPrompt(tokenizer, prompt, { promptSyntax: 'plain' });
        expect(chunks).toHaveLength(1);
        expect(cut).toBe(0);
        expect(chunks[0]?.ids).toEqual(encodePadded(tokenizer, prompt).ids);
        expect(new Set(chunks[0]?.weights)).toEqual(new Set([1]));
      }),
    );
  });

  test('chunks hold all tokens in order, or the first 75', () => {
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 400 }), (all) => {
        const prompt = all.join(' ');
        const ids = tokenizer.encode(prompt).ids.slice(1, -1);
        const { chunks, tokens } = chunkPrompt(tokenizer, prompt, { promptSyntax: 'plain' });
        expect(tokens).toBe(ids.length);
        // Special tokens that a prompt spells look like the end of a chunk.
        if (!/SEP|endoftext/.test(prompt)) {
          const content = chunks.flatMap((chunk) => [
            ...chunk.ids.slice(1, chunk.ids.indexOf(tokenizer.endId, 1)),
          ]);
          expect(content).toEqual(ids);
        }
        const short = chunkPrompt(tokenizer, prompt, { promptSyntax: 'plain', longPrompts: 'cut' });
        expect(short.chunks.map((chunk) => chunk.ids)).toEqual([encodePadded(tokenizer, prompt).ids]);
        expect(short.cut).toBe(Math.max(0, ids.length - 75));
      }),
    );
  });
});

describe('chunks', () => {
  const lengthOf = ({ ids }: { ids: Int32Array }) => ids.indexOf(clip.endId, 1) - 1;
  const lengths = (prompt: string) => chunkPrompt(clip, prompt).chunks.map(lengthOf);

  test('end after a comma that is near, as in the web UI', () => {
    const words = (count: number) => Array.from({ length: count }, () => 'red').join(' ');
    expect(lengths(words(75))).toEqual([75]);
    expect(lengths(words(76))).toEqual([75, 1]);
    expect(lengths(`${words(60)}, ${words(20)}`)).toEqual([61, 20]);
    // The comma has 19 tokens after it, then 20.
    expect(lengths(`${words(55)}, ${words(20)}`)).toEqual([56, 20]);
    expect(lengths(`${words(54)}, ${words(21)}`)).toEqual([75, 1]);
    expect(lengths(`${words(75)}, ${words(3)}`)).toEqual([75, 4]);
    expect(lengths(`${words(74)}, ${words(3)}`)).toEqual([75, 3]);
  });

  test('are made of a text of a million tokens too', () => {
    const prompt = 'red '.repeat(1e6);
    expect(chunkPrompt(clip, prompt, { longPrompts: 'cut' })).toMatchObject({ tokens: 1e6, cut: 1e6 - 75 });
  });

  test('begin at BREAK', () => {
    expect(lengths('a red apple BREAK blue')).toEqual([3, 1]);
    expect(lengths('BREAK blue')).toEqual([0, 1]);
    expect(lengths('blue BREAK')).toEqual([1]);
    expect(chunkPrompt(clip, 'a BREAK b', { longPrompts: 'cut' }).chunks).toHaveLength(1);
    expect(chunkPrompt(clip, '', {}).chunks).toEqual([emptyChunk(clip)]);
  });
});

describe('extra words', () => {
  const toy: ExtraWord = { names: ['<cat-toy>', 'learned'], ids: [50_000, 50_001] };
  const found = (text: string) =>
    promptTokens(clip, [{ text, weight: 1 }], [toy]).filter(({ ids }) => ids.length === 2).length;

  test('are found as words, with or without a Korean particle, and not inside other words', () => {
    expect(
      ['<cat-toy>', 'a <cat-toy>, b', '<cat-toy>를 그린', 'learned', 'LEARNED', 'learned를', '(learned)'].map(
        found,
      ),
    ).toEqual(new Array(7).fill(1));
    expect(['unlearned', 'learneds', 'learned2', 'cat-toy', ''].map(found)).toEqual(new Array(5).fill(0));
    expect(found('learned learned <cat-toy>')).toBe(3);
    const korean: ExtraWord = { names: ['고양이'], ids: [7, 8] };
    const text = '고양이, 고양이를 안은 고양이. 길고양이와 고양이과자';
    const all = promptTokens(clip, [{ text, weight: 1 }], [korean]);
    expect(all.filter(({ ids }) => ids.length === 2)).toHaveLength(3);
  });

  test('have the weight at which they stand, and stay in one chunk', () => {
    const { chunks } = chunkPrompt(clip, `${'red '.repeat(74)}(learned:1.5)`, { extraWords: [toy] });
    expect(chunks).toHaveLength(2);
    expect([...(chunks[1]?.ids.slice(1, 3) ?? [])]).toEqual([50_000, 50_001]);
    expect([...(chunks[1]?.weights.slice(0, 4) ?? [])]).toEqual([1, 1.5, 1.5, 1]);
  });
});
