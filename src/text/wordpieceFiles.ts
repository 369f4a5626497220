/**
 * The files of a WordPiece vocabulary in Hugging Face layout, for BertTokenizer (vocab.txt) and BertTokenizerFast
 * (tokenizer.json). Knows no file system: contents go out as strings.
 */
import { makeVocabulary, requireId } from './vocabulary.ts';
import { defaultMaxWordLength, defaultPrefix } from './wordpiece.ts';
import { klueSpecialTokens } from './wordpieceTrainer.ts';

/** Positions of klue/roberta-small. */
const defaultMaxLength = 512;

const specialTokensMap = {
  bos_token: '[CLS]',
  eos_token: '[SEP]',
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};

/**
 * Contents by file name of the tokenizer that `trainWordPiece` with default options made `vocabulary` for: letter case
 * and accents kept. Its tokenizer.json composes characters first (NFC), so that the fast tokenizer, too, reads
 * decomposed Hangul.
 * Throws ConfigError when one of klue's special tokens is not in the vocabulary.
 */
export function wordpieceFiles(
  vocabulary: readonly string[],
  { maxLength = defaultMaxLength }: { readonly maxLength?: number } = {},
): Record<string, string> {
  const config = {
    ...specialTokensMap,
    do_lower_case: false,
    do_basic_tokenize: true,
    never_split: null,
    tokenize_chinese_chars: true,
    strip_accents: null,
    model_max_length: maxLength,
    tokenizer_class: 'BertTokenizer',
  };
  return {
    'vocab.txt': `${vocabulary.join('\n')}\n`,
    'tokenizer_config.json': json(config),
    'special_tokens_map.json': json(specialTokensMap),
    'tokenizer.json': json(fastTokenizer(vocabulary)),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function fastTokenizer(vocabulary: readonly string[]): unknown {
  const table = makeVocabulary(vocabulary.map((token, id) => [token, id]));
  const idOf = (token: string): number => requireId(table, token, 'special');
  const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  const sequence = (id: 'A' | 'B', type: number) => ({ Sequence: { id, type_id: type } });
  const single = [special('[CLS]'), sequence('A', 0), special('[SEP]')];
  const templated = ['[CLS]', '[SEP]'].map((token) => [
    token,
    { id: token, ids: [idOf(token)], tokens: [token] },
  ]);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: klueSpecialTokens.map((content) => ({
      id: idOf(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        {
          type: 'BertNormalizer',
          clean_text: true,
          handle_chinese_chars: true,
          strip_accents: null,
          lowercase: false,
        },
      ],
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, sequence('B', 1), { SpecialToken: { id: '[SEP]', type_id: 1 } }],
      special_tokens: Object.fromEntries(templated),
    },
    decoder: { type: 'WordPiece', prefix: defaultPrefix, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: defaultPrefix,
      max_input_chars_per_word: defaultMaxWordLength,
      vocab: Object.fromEntries(table.ids),
    },
  };
}
