/** The genuine vocabularies of the fixtures, from files to ids. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../errors.ts';
import { tokenizerFileNames, tokenizerFromFiles } from './load.ts';
import { encodePadded, type Tokenizer } from './tokenizer.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const golden = `${root}/fixtures/golden`;

function filesOf(folder: string): Record<string, string> {
  const names = tokenizerFileNames.filter((name) => existsSync(`${folder}/${name}`));
  return Object.fromEntries(names.map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]));
}

const clipFiles = filesOf(`${golden}/tokenizers/clip`);
const bertFiles = filesOf(`${golden}/tokenizers/bert`);
const emojiFiles = filesOf(`${root}/models/emoji-sd/model/tokenizer`);
const clip = tokenizerFromFiles(clipFiles);
const bert = tokenizerFromFiles(bertFiles);
const emoji = tokenizerFromFiles(emojiFiles);
const all = [
  ['CLIP', clip],
  ['WordPiece', bert],
  ['emoji', emoji],
] as const;

function without(files: Record<string, string>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)));
}

function withConfig(files: Record<string, string>, change: Record<string, unknown>): Record<string, string> {
  const config = { ...JSON.parse(files['tokenizer_config.json'] as string), ...change };
  return { ...files, 'tokenizer_config.json': JSON.stringify(config) };
}

test('the configuration says kind, sizes and special ids', () => {
  expect(clip).toMatchObject({ kind: 'clip', vocabSize: 49408, maxLength: 77, startId: 49406, endId: 49407 });
  expect(clip).toMatchObject({ padId: 49407, unknownId: 49407 });
  expect(bert).toMatchObject({ kind: 'wordpiece', vocabSize: 8000, maxLength: 512 });
  expect(bert).toMatchObject({ startId: 0, padId: 1, endId: 2, unknownId: 3 });
  expect(emoji).toMatchObject({ kind: 'clip', vocabSize: 4096, startId: 4094, endId: 4095, padId: 4095 });
});

test('the prompts of the pipeline cases have the ids that the pipeline used', () => {
  interface PipelineCase {
    file: string;
    prompt: string[];
    negative_prompt: string[];
    text_encoder: string;
  }
  const { cases } = JSON.parse(readFileSync(`${golden}/pipeline/cases.json`, 'utf8')) as {
    cases: PipelineCase[];
  };
  const tokenizers = new Map<string, Tokenizer>();
  for (const { file, prompt, negative_prompt, text_encoder } of cases) {
    const model = (text_encoder.split(' ')[0] as string).replace(/text_encoder$/, 'tokenizer');
    const tokenizer = tokenizers.get(model) ?? tokenizerFromFiles(filesOf(`${golden}/pipeline/${model}`));
    tokenizers.set(model, tokenizer);
    const rows = (texts: string[]) => texts.flatMap((text) => [...encodePadded(tokenizer, text).ids]);
    expect(rows(prompt), file).toEqual(readIds(`${golden}/pipeline/${file}`, 'input_ids'));
    expect(rows(negative_prompt), file).toEqual(readIds(`${golden}/pipeline/${file}`, 'negative_input_ids'));
  }
});

/** An int64 tensor of a .safetensors file. */
function readIds(path: string, name: string): number[] {
  const bytes = readFileSync(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const [from, to] = (header[name] as { data_offsets: [number, number] }).data_offsets;
  const data = bytes.subarray(8 + headerLength + from, 8 + headerLength + to);
  return Array.from({ length: data.length / 8 }, (_, i) => Number(data.readBigInt64LE(8 * i)));
}

describe.each(all)('%s', (_, tokenizer) => {
  test('takes any string without an exception and never exceeds its vocabulary', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
      fc.string({
        unit: fc.constantFrom('<|endoftext|>', '[MASK]', ' ', 'a', "'s", '\ud800', '한', '漢', '#'),
      }),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const { ids } = tokenizer.encode(text);
        expect(ids[0]).toBe(tokenizer.startId);
        expect(ids.at(-1)).toBe(tokenizer.endId);
        expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < tokenizer.vocabSize)).toBe(true);
        expect(tokenizer.tokens(text).length).toBe(ids.length - 2);
      }),
      { numRuns: 500 },
    );
  });

  test('gives start and end for an empty text, and for a text of lone surrogates', () => {
    for (const text of ['', ' \n', '\ud800', '\udc00 \ud83d']) {
      expect(tokenizer.encode(text).ids).toEqual([tokenizer.startId, tokenizer.endId]);
    }
  });

  test('answers the same the second time, from memory', () => {
    const text = '빨간 사과 and a red apple, 빨간 사과';
    expect(tokenizer.encode(text)).toEqual(tokenizer.encode(text));
  });

  test.each(['a', '가', '🍎', '漢', '!', 'a b ', '<|endoftext|>', '[MASK]', "don't "])(
    'takes a text of a hundred thousand characters of %j in linear time',
    (unit) => {
      const started = performance.now();
      const { ids } = tokenizer.encode(unit.repeat(Math.ceil(100_000 / unit.length)));
      expect(ids.length).toBeGreaterThan(2);
      // Quadratic time would be minutes; a linear pass takes a tenth of a second.
      expect(performance.now() - started).toBeLessThan(20_000);
    },
  );
});

describe('CLIP', () => {
  test.each([
    ['CLIP', clip],
    ['emoji', emoji],
  ])('%s gives back a lower-case text of words and spaces, and the bytes of any word', (_, tokenizer) => {
    const words = fc.array(fc.stringMatching(/^[a-z]+$/), { minLength: 1 });
    fc.assert(
      fc.property(words, (list) => {
        expect(tokenizer.decode(tokenizer.encode(list.join(' ')).ids)).toBe(list.join(' '));
      }),
    );
    expect(tokenizer.decode(tokenizer.encode('초록색 사과 🍎').ids)).toBe('초록색 사과 🍎');
  });

  test('reads a special token in any letter case, since it lower-cases first', () => {
    expect(clip.encode('<|ENDOFTEXT|>').ids).toEqual([49406, 49407, 49407]);
  });

  test('drops the combining iota and counts the long s in a contraction, as the reference does', () => {
    expect(clip.encode('\u0345').ids).toEqual([49406, 49407]);
    expect(clip.tokens("a'ſ")).toHaveLength(clip.tokens('a').length + clip.tokens("'ſ").length);
  });

  test('reads the same from tokenizer.json, with merges as strings or as pairs', () => {
    const merges = (emojiFiles['merges.txt'] as string).trim().split('\n').slice(1);
    for (const written of [merges, merges.map((line) => line.split(' '))]) {
      const model = {
        type: 'BPE',
        vocab: JSON.parse(emojiFiles['vocab.json'] as string),
        merges: written,
        end_of_word_suffix: '</w>',
      };
      const files = {
        ...without(emojiFiles, 'vocab.json', 'merges.txt'),
        'tokenizer.json': JSON.stringify({ model }),
      };
      const text = "a grinning cat's face, 고양이";
      expect(tokenizerFromFiles(files).encode(text)).toEqual(emoji.encode(text));
    }
  });

  test('gives the unknown token for what neither vocabulary nor merges hold', () => {
    const tokenizer = tokenizerFromFiles({
      'vocab.json': JSON.stringify({
        '<|startoftext|>': 0,
        '<|endoftext|>': 1,
        a: 2,
        'a</w>': 3,
        'aa</w>': 4,
      }),
      'merges.txt': '#version: 0.2\na a</w>\nb c</w>\n',
    });
    expect(tokenizer.encode('aa bc b').ids).toEqual([0, 4, 1, 1, 1]);
  });
});

describe('WordPiece', () => {
  test('composes decomposed Hangul, unless it is asked to behave as the fast tokenizer', () => {
    const decomposed = '한국어 사과'.normalize('NFD');
    expect(bert.encode(decomposed)).toEqual(bert.encode('한국어 사과'));
    const fast = tokenizerFromFiles(bertFiles, { nfc: false });
    expect(fast.encode(decomposed).ids).toContain(fast.unknownId);
    expect(fast.encode('한국어 사과')).toEqual(bert.encode('한국어 사과'));
  });

  test('lower-cases and strips accents where the configuration says so, but leaves special tokens alone', () => {
    const lower = tokenizerFromFiles(withConfig(bertFiles, { do_lower_case: true }));
    expect(lower.encode('CÁT [MASK] Dog')).toEqual(bert.encode('cat [MASK] dog'));
    const kept = tokenizerFromFiles(withConfig(bertFiles, { do_lower_case: true, strip_accents: false }));
    expect(kept.encode('CÁT')).toEqual(bert.encode('cát'));
  });

  test('reads a special token only as it is spelt, wherever it stands', () => {
    expect(bert.tokens('개[MASK]집')).toEqual([...bert.tokens('개'), '[MASK]', ...bert.tokens('집')]);
    expect(bert.tokens('[mask]')).toEqual(['[', 'mask', ']']);
  });

  test('leaves ideographs together where the configuration says so', () => {
    const together = tokenizerFromFiles(withConfig(bertFiles, { tokenize_chinese_chars: false }));
    expect(bert.tokens('大中')).toHaveLength(2);
    expect(together.tokens('大中')).not.toEqual(bert.tokens('大中'));
  });
});

describe('a folder that cannot be used', () => {
  const json = JSON.stringify;
  test.each<[what: string, files: Record<string, string>, names: RegExp]>([
    ['is empty', {}, /no vocabulary: neither vocab\.json/],
    ['lacks merges.txt', without(clipFiles, 'merges.txt'), /neither merges\.txt nor tokenizer\.json/],
    ['lacks vocab.json', without(clipFiles, 'vocab.json'), /neither vocab\.json nor/],
    ['lacks vocab.txt', without(bertFiles, 'vocab.txt'), /neither vocab\.txt nor/],
    ['is of an unknown class', withConfig(clipFiles, { tokenizer_class: 'T5Tokenizer' }), /T5Tokenizer/],
    ['pads on the left', withConfig(bertFiles, { padding_side: 'left' }), /padding_side "left"/],
    [
      'has a wrong field',
      withConfig(bertFiles, { do_lower_case: 'no' }),
      /tokenizer_config\.json: do_lower_case/,
    ],
    [
      'has a damaged configuration',
      { ...bertFiles, 'tokenizer_config.json': '{' },
      /tokenizer_config\.json is not JSON/,
    ],
    ['has an empty vocabulary', { ...bertFiles, 'vocab.txt': '' }, /vocab\.txt is empty/],
    [
      'has a damaged merge',
      { ...clipFiles, 'merges.txt': '#version: 0.2\ni n\nth\n' },
      /merges\.txt, line 3: "th"/,
    ],
    ['lacks a special token', { ...bertFiles, 'vocab.txt': '[CLS]\n[SEP]\n[UNK]\n' }, /"\[PAD\]".*padding/],
    ['has ids that are no numbers', { ...clipFiles, 'vocab.json': json({ a: 'b' }) }, /vocab\.json: a/],
    [
      'holds another model',
      { 'tokenizer.json': json({ model: { type: 'WordLevel', vocab: {} } }) },
      /WordLevel/,
    ],
  ])('names the fault when it %s', (_, files, names) => {
    expect(() => tokenizerFromFiles(files)).toThrow(ConfigError);
    expect(() => tokenizerFromFiles(files)).toThrow(names);
  });
});
