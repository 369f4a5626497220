import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRuntime } from '../runtime/node.ts';
import { tokenizerClass } from '../text/classes.ts';
import { openStudent, portable } from './portable.ts';
import { tinyConfigs, writeRandomEncoder } from './testing.ts';
import { openTextEncoder } from './textEncoder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ksd-portable-'));
});
afterEach(() => rm(folder, { recursive: true }));

const xlmRoberta = { ...tinyConfigs['XLM-RoBERTa']!, vocab_size: 2000 };

test('an XLM-RoBERTa with its SentencePiece model keeps it, under the class that reads it', async () => {
  await writeRandomEncoder(folder, xlmRoberta, 'fixtures/reference/unigram');
  const { className, tokenizerClass, config, tokenizerFiles } = await portable(await openStudent(folder));
  expect([className, tokenizerClass]).toEqual(['XLMRobertaModel', 'XLMRobertaTokenizer']);
  expect(config['tokenizer_class']).toBe('XLMRobertaTokenizer');
  expect(Object.keys(tokenizerFiles).sort()).toEqual(['sentencepiece.bpe.model', 'tokenizer_config.json']);
  expect(JSON.parse(String(tokenizerFiles['tokenizer_config.json']))).toEqual({
    tokenizer_class: 'XLMRobertaTokenizer',
    model_max_length: 78,
  });
});

test.each([
  ['ElectraTokenizer', ['vocab.txt', 'tokenizer.json'], 'ElectraTokenizer'],
  ['ElectraTokenizerFast', ['tokenizer.json'], 'ElectraTokenizerFast'],
  ['PreTrainedTokenizerFast', ['tokenizer.json'], 'BertTokenizerFast'],
  ['RobertaTokenizer', ['vocab.txt'], 'BertTokenizer'],
  [undefined, ['vocab.txt'], 'BertTokenizer'],
])('a WordPiece called %s with %j is a %s', (given, names, expected) => {
  expect(tokenizerClass('wordpiece', names, given)).toBe(expected);
});

test('texts are padded with the id of their own tokenizer', async () => {
  await writeRandomEncoder(folder, xlmRoberta, 'fixtures/reference/unigram');
  const encoder = await openTextEncoder(await openRuntime('cpu'), folder);
  expect(encoder.tokenizer.padId).toBe(1);
  const states = await encoder.encode(['빨간 사과']);
  const size = states.shape[2]!;
  const row = (place: number) => states.data.slice(place * size, (place + 1) * size);
  const length = encoder.tokenizer.encode('빨간 사과').ids.length;
  row(76).forEach((value, i) => {
    expect(value).toBeCloseTo(row(length)[i]!, 5);
  });
  expect(row(0)).not.toEqual(row(76));
  await encoder.dispose();
});

test('an encoder like AltDiffusion’s has its projection, and with its mask no token reads a pad', async () => {
  await writeRandomEncoder(
    folder,
    { ...xlmRoberta, project_dim: 20, use_attention_mask: true },
    'fixtures/reference/unigram',
  );
  const encoder = await openTextEncoder(await openRuntime('cpu'), folder);
  const { ids } = encoder.tokenizer.encode('빨간 사과');
  const states = await encoder.encode(['빨간 사과']);
  expect(states.shape).toEqual([1, 77, 20]);
  const { attention_bias } = encoder.model.feeds(Int32Array.from([...ids, 1, 1]), ids.length + 2);
  expect(Array.from(attention_bias!.data as Float32Array, (bias) => bias < -1e8)).toEqual([
    ...ids.map(() => false),
    true,
    true,
  ]);
  await encoder.dispose();
});
