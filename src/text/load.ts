/**
 * From the contents of a tokenizer folder to a tokenizer, whichever of the known kinds it holds.
 *
 * The one place that knows which files belong to which kind. Knows no file system, so that it runs in a browser too.
 */
import { ConfigError } from '../errors.ts';
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
];

export interface LoadOptions {
  /**
   * WordPiece only: compose characters (NFC) first, as the slow Python tokenizer does. false: as the fast one does.
   * Default true. CLIP's tokenizers both compose.
   */
  readonly nfc?: boolean;
}

type Kind = Tokenizer['kind'];

/** Tokenizer classes of transformers by the kind that they are. */
const kinds: Readonly<Record<string, Kind>> = {
  CLIPTokenizer: 'clip',
  BertTokenizer: 'wordpiece',
  DistilBertTokenizer: 'wordpiece',
  ElectraTokenizer: 'wordpiece',
};

/** A class that says nothing of the kind: the files decide. */
const anyKind = 'PreTrainedTokenizer';

/** Model types of tokenizer.json. */
const bundleKinds: Readonly<Record<string, Kind>> = { BPE: 'clip', WordPiece: 'wordpiece' };

/**
 * The class of transformers for a tokenizer of this kind whose files are called `names`: `given` (that of its
 * configuration) where it is of the kind, slow or Fast by the files that are there.
 */
export function tokenizerClass(kind: Kind, names: readonly string[], given?: unknown): string {
  const { usual, slow } = classOf[kind];
  const bare = typeof given === 'string' ? given.replace(/Fast$/, '') : usual;
  const name = Object.hasOwn(kinds, bare) && kinds[bare] === kind ? bare : usual;
  return slow.every((file) => names.includes(file)) ? name : `${name}Fast`;
}

/** By kind: the class that it is known by, and the files that its slow form reads. */
const classOf: Readonly<Record<Kind, { readonly usual: string; readonly slow: readonly string[] }>> = {
  clip: { usual: 'CLIPTokenizer', slow: ['vocab.json', 'merges.txt'] },
  wordpiece: { usual: 'BertTokenizer', slow: ['vocab.txt'] },
};

const fetchAgain = 'Point to a folder with a CLIPTokenizer or a BertTokenizer, complete.';

/**
 * The tokenizer whose files these are. vocab.json with merges.txt (CLIP) or vocab.txt (WordPiece) come before
 * tokenizer.json, which serves where they are missing.
 * Throws ConfigError that names the file or setting that is missing, damaged or unknown.
 */
export function tokenizerFromFiles(files: TokenizerFiles, options: LoadOptions = {}): Tokenizer {
  const config = readConfig(files);
  refuseUnsupported(config);
  return kindOf(files, config) === 'clip' ? loadClip(files, config) : loadWordPiece(files, config, options);
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
  if ('vocab.json' in files) return 'clip';
  if ('tokenizer.json' in files) return bundleKind(readBundle(files));
  throw new ConfigError(
    'The tokenizer folder has no vocabulary: neither vocab.json with merges.txt, nor vocab.txt, nor tokenizer.json.',
    fetchAgain,
  );
}

function bundleKind({ model }: TokenizerBundle): Kind {
  const type = model.type ?? (model.merges ? 'BPE' : 'WordPiece');
  const kind = Object.hasOwn(bundleKinds, type) ? bundleKinds[type] : undefined;
  if (kind === undefined) {
    throw new ConfigError(`tokenizer.json: the model type ${type} is unknown.`, fetchAgain);
  }
  return kind;
}

function loadClip(files: TokenizerFiles, config: TokenizerConfig): Tokenizer {
  const source = clipSource(files);
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

interface Source {
  readonly from: string;
  readonly entries: [string, number][];
  readonly added: [string, number][];
}

function clipSource(files: TokenizerFiles): Source & { readonly merges: [string, string][] } {
  if ('vocab.json' in files && 'merges.txt' in files) {
    return { from: 'vocab.json', entries: readVocabJson(files), added: [], merges: readMerges(files) };
  }
  const bundle = bundleOf(files, 'clip', 'vocab.json' in files ? 'merges.txt' : 'vocab.json');
  if (bundle.model.end_of_word_suffix !== endOfWord) {
    throw new ConfigError(
      `tokenizer.json: its BPE is not CLIP's: end_of_word_suffix is not ${endOfWord}.`,
      fetchAgain,
    );
  }
  return { ...bundleSource(bundle), merges: bundleMerges(bundle) };
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
    entries: Object.entries(model.vocab),
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
