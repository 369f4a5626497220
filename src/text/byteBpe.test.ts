import { readFileSync } from 'node:fs';
import { Tokenizer as CommonTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteSymbols } from './bytes.ts';
import { tokenizerFromFiles } from './load.ts';

const captions = readFileSync('models/emoji-sd/captions/held_out.jsonl', 'utf8')
  .trim()
  .split('\n')
  .slice(0, 400);
const special = ['<s>', '<pad>', '</s>', '<unk>'];

/** The most frequent pair of neighbours in words of captions, 300 times: enough for a tokenizer to compare. */
function learnMerges(): [string, string][] {
  const spelt = captions
    .flatMap((line) => Object.values(JSON.parse(line)).filter((text) => typeof text === 'string'))
    .flatMap((text) => text.match(/ ?\S+/g) ?? [])
    .map((word) => Array.from(new TextEncoder().encode(word), (byte) => byteSymbols[byte]!));
  const merges: [string, string][] = [];
  for (let i = 0; i < 300; i++) {
    const counts = new Map<string, number>();
    for (const word of spelt) {
      for (let at = 0; at + 1 < word.length; at++) {
        const pair = `${word[at]} ${word[at + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const [best] = [...counts].sort((a, b) => b[1] - a[1])[0]!;
    const [left, right] = best.split(' ') as [string, string];
    merges.push([left, right]);
    for (const word of spelt) {
      for (let at = 0; at + 1 < word.length; at++) {
        if (word[at] === left && word[at + 1] === right) word.splice(at, 2, left + right);
      }
    }
  }
  return merges;
}

const merges = learnMerges();
const tokens = [...special, ...new Set([...byteSymbols, ...merges.map((pair) => pair.join(''))]), '<mask>'];
const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
const config = { tokenizer_class: 'RobertaTokenizer', model_max_length: 512, mask_token: '<mask>' };
const files = {
  'vocab.json': JSON.stringify(vocab),
  'merges.txt': `#version: 0.2\n${merges.map((pair) => pair.join(' ')).join('\n')}\n`,
  'tokenizer_config.json': JSON.stringify(config),
};
const tokenizer = tokenizerFromFiles(files);

function bundle(add_prefix_space = false) {
  return {
    version: '1.0',
    added_tokens: [...special, '<mask>'].map((content) => ({
      content,
      id: vocab[content]!,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['</s>', 2],
      cls: ['<s>', 0],
      trim_offsets: true,
      add_prefix_space,
    },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', unk_token: '<unk>', vocab, merges },
  };
}

test('the configuration says kind and special ids', () => {
  expect(tokenizer).toMatchObject({ kind: 'bytes', startId: 0, padId: 1, endId: 2, unknownId: 3 });
  expect(tokenizer).toMatchObject({ vocabSize: tokens.length, maxLength: 512 });
});

test('words carry the space before them, and the last of several spaces goes with the word', () => {
  const shown = (text: string) => tokenizer.tokens(text).join('|').replaceAll('Ġ', '_');
  expect(shown('q')).toBe('q');
  expect(shown(' q')).toBe('_|q');
  expect(shown('q  q')).toBe('q|_|_|q');
  expect(shown("q's7")).toBe("q|'|s|7");
});

const units = fc.constantFrom(
  ...'abcXYZ0123 .,!?-',
  ' a red',
  ' apple',
  '빨간',
  ' 사과',
  "'s",
  "n't",
  '  ',
  '\n',
  '\t',
  'é',
  '漢',
  '🍎',
  '\u3000',
  '½',
  '\u0301',
);

test.each([false, true])('the common library gives the same ids (a space added before: %j)', (prefixed) => {
  const json = bundle(prefixed);
  const common = new CommonTokenizer(json, config);
  const own = tokenizerFromFiles({ 'tokenizer.json': JSON.stringify(json) });
  fc.assert(
    fc.property(fc.string({ unit: units, maxLength: 30 }), (text) => {
      // The slow tokenizer of transformers, and ours, add no space to a text that begins with other white space.
      fc.pre(!prefixed || /^( |\S)/.test(text));
      const { ids } = own.encode(text);
      expect(ids).toEqual(common.encode(text).ids);
      if (!prefixed) expect(tokenizer.encode(text).ids).toEqual(ids);
    }),
    { numRuns: 3000 },
  );
});

test('any text comes back, and is counted as it is encoded', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { ids } = tokenizer.encode(text);
      expect(tokenizer.count(text)).toBe(ids.length);
      expect(tokenizer.decode(ids)).toBe(text.replace(/\p{Cs}/gu, ''));
    }),
    { numRuns: 1000 },
  );
});

test('merges that end words are CLIP’s, others GPT-2’s, where no class is named', () => {
  const { 'tokenizer_config.json': _, ...nameless } = files;
  expect(tokenizerFromFiles(nameless).kind).toBe('bytes');
});
