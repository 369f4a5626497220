/**
 * From the contents of a tokenizer folder to a tokenizer, whichever of the known kinds it holds.
 *
 * The one place that knows which files belong to which kind. Knows no file system, so that it runs in a browser too.
 */
import { ConfigError } from '../errors.ts';
import { makeByteTokenizer } from './byteBpe.ts';
import { type Kind, kinds } from './classes.ts';
import { endOfWord, makeClipTokenizer } from './clip.ts';
import {
  bundleMerges,
  bundleNormalizer,
  readAddedTokens,
  readBundle,
  readConfig,
  readMerges,
  readVocabJson,
  readVocabTxt,
  type TokenizerBundle,
  type TokenizerConfig,
  type TokenizerFiles,
  vocabularyOf,
} from './files.ts';
import type { Tokenizer } from './tokenizer.ts';
import { makeUnigramTokenizer } from './unigram.ts';
import { sentencePieceFile, unigramSource } from './unigramFiles.ts';
import type { SpecialTokens, Vocabulary } from './vocabulary.ts';
import { defaultMaxWordLength, defaultPrefix, makeWordPieceTokenizer } from './wordpiece.ts';

/** What a reader of a tokenizer folder should hand over, as far as it is there. */
export const tokenizerFileNames: readonly string[] = [
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'vocab.txt',
  'tokenizer.json',
  sentencePieceFile,
];

export interface LoadOptions {
  /**
   * WordPiece only: compose characters (NFC) first, as the slow Python tokenizer does. false: as the fast one does.
   * Default true. CLIP's tokenizers both compose.
   */
  readonly nfc?: boolean;
}

/** A class that says nothing of the kind: the files decide. */
const anyKind = 'PreTrainedTokenizer';

/** Model types of tokenizer.json. */
const bundleKinds: Readonly<Record<string, Kind>> = {
  BPE: 'bytes',
  WordPiece: 'wordpiece',
  Unigram: 'unigram',
};

const fetchAgain =
  'Point to a folder with a complete tokenizer of a known class, such as CLIPTokenizer or BertTokenizer.';

/**
 * The tokenizer whose files these are. vocab.json with merges.txt (CLIP, GPT-2), vocab.txt (WordPiece) or a SentencePiece
 * model (Unigram) come before tokenizer.json, which serves where they are missing.
 * Throws ConfigError that names the file or setting that is missing, damaged or unknown.
 */
export function tokenizerFromFiles(files: TokenizerFiles, options: LoadOptions = {}): Tokenizer {
  const config = readConfig(files);
  refuseUnsupported(config);
  switch (kindOf(files, config)) {
    case 'clip':
      return loadClip(files, config);
    case 'bytes':
      return loadBytes(files, config);
    case 'unigram':
      return loadUnigram(files, config);
    default:
      return loadWordPiece(files, config, options);
  }
}

function kindOf(files: TokenizerFiles, config: TokenizerConfig): Kind {
  const name = config.tokenizer_class?.replace(/Fast$/, '') ?? anyKind;
  if (name !== anyKind) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind !== undefined) return kind;
    throw new ConfigError(
      `tokenizer_config.json: the tokenizer_class ${config.tokenizer_class} is unknown.`,
      `Known are ${Object.keys(kinds).join(', ')}, each also as Fast.`,
    );
  }
  if ('vocab.txt' in files) return 'wordpiece';
  // CLIP's merges end words, GPT-2's begin them.
  if ('vocab.json' in files) return files['merges.txt']?.includes(endOfWord) === false ? 'bytes' : 'clip';
  if (sentencePieceFile in files) return 'unigram';
  if ('tokenizer.json' in files) return bundleKind(readBundle(files));
  throw new ConfigError(
    'The tokenizer folder has no vocabulary: neither vocab.json with merges.txt, nor vocab.txt, nor tokenizer.json.',
    fetchAgain,
  );
}

function bundleKind({ model }: TokenizerBundle): Kind {
  const type = model.type ?? (model.merges ? 'BPE' : 'WordPiece');
  if (type === 'BPE' && model.end_of_word_suffix === endOfWord) return 'clip';
  const kind = Object.hasOwn(bundleKinds, type) ? bundleKinds[type] : undefined;
  if (kind === undefined) {
    throw new ConfigError(`tokenizer.json: the model type ${type} is unknown.`, fetchAgain);
  }
  return kind;
}

function loadClip(files: TokenizerFiles, config: TokenizerConfig): Tokenizer {
  const source = bpeSource(files, 'clip');
  const added = [...source.added, ...readAddedTokens(files, config)];
  const vocabulary = vocabularyOf(source.entries, added, source.from);
  const end = '<|endoftext|>';
  return makeClipTokenizer({
    vocabulary,
    merges: source.merges,
    special: specialTokens(config, vocabulary, added, {
      start: config.bos_token ?? '<|startoftext|>',
      end: config.eos_token ?? end,
      pad: config.pad_token ?? end,
      unknown: config.unk_token ?? end,
    }),
    maxLength: config.model_max_length ?? Number.POSITIVE_INFINITY,
  });
}

/** The special tokens of fairseq's models, RoBERTa and XLM-RoBERTa. */
function fairseqTokens(config: TokenizerConfig): Omit<SpecialTokens, 'others'> {
  return {
    start: config.cls_token ?? '<s>',
    end: config.sep_token ?? '</s>',
    pad: config.pad_token ?? '<pad>',
    unknown: config.unk_token ?? '<unk>',
  };
}

function loadBytes(files: TokenizerFiles, config: TokenizerConfig): Tokenizer {
  const source = bpeSource(files, 'bytes');
  const added = [...source.added, ...readAddedTokens(files, config)];
  const vocabulary = vocabularyOf(source.entries, added, source.from);
  return makeByteTokenizer({
    vocabulary,
    merges: source.merges,
    special: specialTokens({ mask_token: '<mask>', ...config }, vocabulary, added, fairseqTokens(config)),
    maxLength: config.model_max_length ?? Number.POSITIVE_INFINITY,
    prefixSpace: source.prefixSpace ?? config.add_prefix_space ?? false,
  });
}

function loadUnigram(files: TokenizerFiles, config: TokenizerConfig): Tokenizer {
  const source = unigramSource(files);
  const added = [...source.added, ...readAddedTokens(files, config)];
  const vocabulary = vocabularyOf(source.entries, added, source.from);
  const special = specialTokens(
    { mask_token: '<mask>', ...config },
    vocabulary,
    added,
    fairseqTokens(config),
  );
  const scores = new Float32Array(vocabulary.tokens.length).fill(Number.NaN);
  for (const [piece, score] of source.scores) scores[vocabulary.ids.get(piece)!] = score;
  for (const name of [special.start, special.end, special.pad, special.unknown, ...special.others]) {
    scores[vocabulary.ids.get(name) ?? scores.length] = Number.NaN;
  }
  const maxLength = config.model_max_length ?? Number.POSITIVE_INFINITY;
  return makeUnigramTokenizer({ vocabulary, scores, special, maxLength, normalize: source.normalize });
}

interface Source {
  readonly from: string;
  readonly entries: [string, number][];
  readonly added: [string, number][];
}

interface BpeSource extends Source {
  readonly merges: [string, string][];
  /** Whether a text begins as if after a space, where tokenizer.json says so. */
  readonly prefixSpace?: boolean | undefined;
}

function bpeSource(files: TokenizerFiles, kind: 'clip' | 'bytes'): BpeSource {
  if ('vocab.json' in files && 'merges.txt' in files) {
    return { from: 'vocab.json', entries: readVocabJson(files), added: [], merges: readMerges(files) };
  }
  const bundle = bundleOf(files, kind, 'vocab.json' in files ? 'merges.txt' : 'vocab.json');
  return {
    ...bundleSource(bundle),
    merges: bundleMerges(bundle),
    prefixSpace: bundle.pre_tokenizer?.add_prefix_space ?? undefined,
  };
}

function loadWordPiece(files: TokenizerFiles, config: TokenizerConfig, options: LoadOptions): Tokenizer {
  const bundle = 'vocab.txt' in files ? undefined : bundleOf(files, 'wordpiece', 'vocab.txt');
  const source: Source = bundle
    ? bundleSource(bundle)
    : { from: 'vocab.txt', entries: readVocabTxt(files), added: [] };
  const normalizer = bundle ? bundleNormalizer(bundle) : {};
  const added = [...source.added, ...readAddedTokens(files, config)];
  const vocabulary = vocabularyOf(source.entries, added, source.from);
  return makeWordPieceTokenizer({
    vocabulary,
    special: specialTokens(config, vocabulary, added, {
      start: config.cls_token ?? '[CLS]',
      end: config.sep_token ?? '[SEP]',
      pad: config.pad_token ?? '[PAD]',
      unknown: config.unk_token ?? bundle?.model.unk_token ?? '[UNK]',
    }),
    maxLength: config.model_max_length ?? Number.POSITIVE_INFINITY,
    doLowerCase: normalizer.lowercase ?? config.do_lower_case ?? true,
    stripAccents: normalizer.strip_accents ?? config.strip_accents ?? null,
    tokenizeChineseChars: normalizer.handle_chinese_chars ?? config.tokenize_chinese_chars ?? true,
    nfc: options.nfc ?? true,
    prefix: bundle?.model.continuing_subword_prefix ?? defaultPrefix,
    maxWordLength: bundle?.model.max_input_chars_per_word ?? defaultMaxWordLength,
  });
}

function bundleOf(files: TokenizerFiles, kind: Kind, missing: string): TokenizerBundle {
  if (!('tokenizer.json' in files)) {
    throw new ConfigError(`The tokenizer folder has neither ${missing} nor tokenizer.json.`, fetchAgain);
  }
  const bundle = readBundle(files);
  if (bundleKind(bundle) !== kind) {
    throw new ConfigError(
      `tokenizer.json holds a model of type ${bundle.model.type}, which is not what tokenizer_config.json names.`,
      fetchAgain,
    );
  }
  return bundle;
}

function bundleSource({ model, added_tokens }: TokenizerBundle): Source {
  return {
    from: 'tokenizer.json',
    entries: Array.isArray(model.vocab)
      ? model.vocab.map(([token], id): [string, number] => [token, id])
      : Object.entries(model.vocab),
    added: (added_tokens ?? []).map(({ content, id }) => [content, id]),
  };
}

/** The four tokens that every text needs, and whatever else is declared special and has an id. */
function specialTokens(
  config: TokenizerConfig,
  vocabulary: Vocabulary,
  added: [string, number][],
  four: Omit<SpecialTokens, 'others'>,
): SpecialTokens {
  const declared = [
    config.bos_token,
    config.eos_token,
    config.mask_token ?? '[MASK]',
    ...(config.additional_special_tokens ?? []),
    ...added.map(([token]) => token),
  ];
  const others = declared.filter((token) => typeof token === 'string' && vocabulary.ids.has(token));
  return { ...four, others: others as string[] };
}

/** Settings that change the ids and that this project does not follow: better refused than ignored. */
function refuseUnsupported(config: TokenizerConfig): void {
  const unsupported: [field: string, value: unknown, wrong: boolean][] = [
    ['padding_side', config.padding_side, config.padding_side === 'left'],
    ['truncation_side', config.truncation_side, config.truncation_side === 'left'],
    ['do_basic_tokenize', config.do_basic_tokenize, config.do_basic_tokenize === false],
    ['never_split', config.never_split, (config.never_split?.length ?? 0) > 0],
  ];
  const found = unsupported.find(([, , wrong]) => wrong);
  if (found === undefined) return;
  throw new ConfigError(
    `tokenizer_config.json: ${found[0]} ${JSON.stringify(found[1])} is not supported.`,
    'Use a tokenizer with the usual settings, as Stable Diffusion v1 and klue/roberta have them.',
  );
}
