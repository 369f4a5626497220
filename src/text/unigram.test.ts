import { readFileSync } from 'node:fs';
import { Tokenizer as CommonTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../errors.ts';
import { readCharsmap } from './charsmap.ts';
import { tokenizerFromFiles } from './load.ts';
import { readSentencePieceModel } from './sentencePieceModel.ts';

const folder = 'fixtures/reference/unigram';
const bytes = readFileSync(`${folder}/sentencepiece.bpe.model`);
const files = {
  'sentencepiece.bpe.model': bytes.toString('latin1'),
  'tokenizer_config.json': readFileSync(`${folder}/tokenizer_config.json`, 'utf8'),
};
const tokenizer = tokenizerFromFiles(files);
const model = readSentencePieceModel(bytes, 'sentencepiece.bpe.model');

/** The same tokenizer as transformers converts it. */
function bundle(change: object = {}, modelChange: object = {}) {
  const first = ['<s>', '<pad>', '</s>', '<unk>'];
  const pieces = model.pieces.slice(3).map(({ text, score }): [string, number] => [text, score]);
  const vocab = [...first.map((token): [string, number] => [token, 0]), ...pieces, ['<mask>', 0]];
  const special = [
    ...first.map((content, id) => ({ content, id })),
    { content: '<mask>', id: vocab.length - 1 },
  ];
  const sign = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  return {
    version: '1.0',
    added_tokens: special.map((token) => ({
      ...token,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'Precompiled', precompiled_charsmap: Buffer.from(model.charsmap).toString('base64') },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'WhitespaceSplit' },
        { type: 'Metaspace', replacement: '▁', add_prefix_space: true, prepend_scheme: 'always' },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [sign('<s>'), { Sequence: { id: 'A', type_id: 0 } }, sign('</s>')],
      pair: [],
      special_tokens: {
        '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] },
        '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] },
      },
    },
    decoder: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
    model: { type: 'Unigram', unk_id: 3, vocab, ...modelChange },
    ...change,
  };
}

const fromBundle = (...changes: object[]) =>
  tokenizerFromFiles({ 'tokenizer.json': JSON.stringify(bundle(...changes)) });

interface Case {
  readonly text: string;
  readonly ids: number[];
}

const cases: Case[] = readFileSync(`${folder}/cases.jsonl`, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

test('the model file says kind, sizes and special ids, in the order of fairseq', () => {
  expect(tokenizer).toMatchObject({
    kind: 'unigram',
    startId: 0,
    padId: 1,
    endId: 2,
    unknownId: 3,
    maxLength: 512,
  });
  expect(tokenizer.vocabSize).toBe(model.pieces.length + 2);
  expect(tokenizer.encode('<mask>').ids).toEqual([0, tokenizer.vocabSize - 1, 2]);
});

test('every text gets the ids of the SentencePiece library, odd Unicode included', () => {
  const wrong = cases.filter(({ text, ids }) => tokenizer.encode(text).ids.join() !== ids.join());
  expect(wrong).toEqual([]);
  expect(cases.length).toBeGreaterThan(1500);
});

test('tokenizer.json gives the same tokenizer as the model file', () => {
  const same = fromBundle();
  for (const { text } of cases)
    expect(same.encode(text), JSON.stringify(text)).toEqual(tokenizer.encode(text));
});

test('the common library agrees on texts of letters, digits and Hangul', () => {
  const common = new CommonTokenizer(bundle(), JSON.parse(files['tokenizer_config.json']));
  const units = fc.constantFrom(
    ...'abcdefghij가나다라마빨간사과고양이배경0123 .,',
    ' the ',
    ' 파란색 ',
    'é',
    '漢',
  );
  fc.assert(
    fc.property(fc.string({ unit: units, maxLength: 40 }), (text) => {
      expect(tokenizer.encode(text).ids).toEqual(common.encode(text).ids);
    }),
    { numRuns: 3000 },
  );
});

test('counting gives the length of encoding, and no text throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { ids } = tokenizer.encode(text);
      expect(tokenizer.count(text)).toBe(ids.length);
      expect(ids.every((id) => id >= 0 && id < tokenizer.vocabSize)).toBe(true);
    }),
    { numRuns: 1000 },
  );
  expect(tokenizer.encode('\ud800').ids).toEqual([0, 2]);
});

test('decoding gives back a text that needs no normalising', () => {
  const text = '파란색 배경의 빨간 사과';
  expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text);
});

test('the table takes the longest match, and leaves what it does not hold', () => {
  const normalize = readCharsmap(model.charsmap);
  expect(normalize('한국'.normalize('NFD'))).toBe('한국');
  expect(normalize('ﬁ①Ａ\u3000x')).toBe('fi1A x');
  expect(normalize('🍎漢')).toBe('🍎漢');
});

describe('what cannot be used is refused by name', () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      'a damaged model',
      () => tokenizerFromFiles({ ...files, 'sentencepiece.bpe.model': 'oops' }),
      /sentencepiece\.bpe\.model is no/,
    ],
    ['a damaged table', () => readCharsmap(Uint8Array.of(9, 0, 0)), /precompiled_charsmap/],
    ['bytes for unknown characters', () => fromBundle({}, { byte_fallback: true }), /byte_fallback/],
    ['another cutting of words', () => fromBundle({ pre_tokenizer: { type: 'ByteLevel' } }), /ByteLevel/],
    ['another normalisation', () => fromBundle({ normalizer: { type: 'Lowercase' } }), /Lowercase/],
    [
      'no vocabulary',
      () => tokenizerFromFiles({ 'tokenizer_config.json': files['tokenizer_config.json'] }),
      /neither sentencepiece\.bpe\.model/,
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });
});
