/**
 * The tokenizers as the common library (@huggingface/tokenizers) runs them, made from the files of a folder: what our
 * own are compared with.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';

/** Ids of a text, start and end included. */
export function commonTokenizer(folder: string): (text: string) => readonly number[] {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const json = existsSync(join(folder, 'tokenizer.json'))
    ? JSON.parse(read('tokenizer.json'))
    : clipJson(JSON.parse(read('vocab.json')), read('merges.txt'));
  const tokenizer = new Tokenizer(json, JSON.parse(read('tokenizer_config.json')));
  return (text) => tokenizer.encode(text).ids;
}

/** What CLIPTokenizerFast has in its tokenizer.json. */
function clipJson(vocab: Record<string, number>, merges: string) {
  const [start, end] = ['<|startoftext|>', '<|endoftext|>'];
  const added = (content: string) => ({
    id: vocab[content],
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  const pattern = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [added(start), added(end)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [end, vocab[end]],
      cls: [start, vocab[start]],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: null,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: end,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab,
      merges: merges
        .split('\n')
        .slice(1)
        .filter((line) => line !== ''),
    },
  };
}
