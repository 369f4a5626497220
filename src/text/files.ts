/**
 * Reads the contents of a tokenizer's files, each format by itself, into plain values. Hugging Face layout.
 *
 * Knows no algorithm and no file system: contents come in as strings.
 */
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { makeVocabulary, type Vocabulary } from './vocabulary.ts';

/** Contents by file name; those of files that are no text have a character for each byte. */
export type TokenizerFiles = Readonly<Record<string, string>>;

const again = 'Fetch the tokenizer folder again, or point to another.';

/** A special token is written as a string or as an AddedToken object. */
const tokenSchema = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)])
  .nullish();

/** tokenizer_config.json and special_tokens_map.json: the fields that change what comes out. */
export const configSchema = z.looseObject({
  tokenizer_class: z.string().nullish(),
  model_max_length: z.number().nullish(),
  bos_token: tokenSchema,
  eos_token: tokenSchema,
  cls_token: tokenSchema,
  sep_token: tokenSchema,
  pad_token: tokenSchema,
  unk_token: tokenSchema,
  mask_token: tokenSchema,
  additional_special_tokens: z.array(tokenSchema).nullish(),
  added_tokens_decoder: z.record(z.string(), z.looseObject({ content: z.string() })).nullish(),
  do_lower_case: z.boolean().nullish(),
  strip_accents: z.boolean().nullish(),
  tokenize_chinese_chars: z.boolean().nullish(),
  do_basic_tokenize: z.boolean().nullish(),
  never_split: z.array(z.string()).nullish(),
  add_prefix_space: z.boolean().nullish(),
  padding_side: z.string().nullish(),
  truncation_side: z.string().nullish(),
});

export type TokenizerConfig = z.infer<typeof configSchema>;

const idsSchema = z.record(z.string(), z.int().nonnegative());

const normalizerSchema = z.looseObject({
  type: z.string(),
  handle_chinese_chars: z.boolean().nullish(),
  strip_accents: z.boolean().nullish(),
  lowercase: z.boolean().nullish(),
  precompiled_charsmap: z.string().nullish(),
});

const bundleSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int().nonnegative(), content: z.string() })).nullish(),
  normalizer: z
    .looseObject({ ...normalizerSchema.shape, normalizers: z.array(normalizerSchema).nullish() })
    .nullish(),
  pre_tokenizer: z.looseObject({ type: z.string(), add_prefix_space: z.boolean().nullish() }).nullish(),
  model: z.looseObject({
    type: z.string().nullish(),
    /** Ids by token, or a Unigram's pieces with their log-probabilities in the order of ids. */
    vocab: z.union([idsSchema, z.array(z.tuple([z.string(), z.number()]))]),
    byte_fallback: z.boolean().nullish(),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).nullish(),
    unk_token: z.string().nullish(),
    continuing_subword_prefix: z.string().nullish(),
    end_of_word_suffix: z.string().nullish(),
    max_input_chars_per_word: z.int().positive().nullish(),
  }),
});

/** tokenizer.json, as the `tokenizers` library writes it. */
export type TokenizerBundle = z.infer<typeof bundleSchema>;

/** Throws ConfigError naming the file and the field, as every reader here does. */
function parseJson<Output>(files: TokenizerFiles, name: string, schema: z.ZodType<Output>): Output {
  let value: unknown;
  try {
    value = JSON.parse(files[name] as string);
  } catch (cause) {
    throw new ConfigError(`${name} is not JSON.`, again, { cause });
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new ConfigError(`${name}: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}.`, again);
  }
  return result.data;
}

/** tokenizer_config.json overlaid with special_tokens_map.json; empty where neither is there. */
export function readConfig(files: TokenizerFiles): TokenizerConfig {
  const read = (name: string) => (name in files ? parseJson(files, name, configSchema) : {});
  return { ...read('tokenizer_config.json'), ...read('special_tokens_map.json') };
}

/** Tokens with their ids that were added beside the vocabulary. */
export function readAddedTokens(files: TokenizerFiles, config: TokenizerConfig): [string, number][] {
  const name = 'added_tokens.json';
  const listed = name in files ? Object.entries(parseJson(files, name, idsSchema)) : [];
  const decoded = Object.entries(config.added_tokens_decoder ?? {}).map(
    ([id, { content }]) => [content, Number(id)] as [string, number],
  );
  return [...listed, ...decoded];
}

/** vocab.json: an object from token to id. */
export function readVocabJson(files: TokenizerFiles): [string, number][] {
  return Object.entries(parseJson(files, 'vocab.json', idsSchema));
}

/** vocab.txt: one token a line, the id is the line's number from 0. */
export function readVocabTxt(files: TokenizerFiles): [string, number][] {
  const lines = (files['vocab.txt'] as string).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((token, id) => [token, id]);
}

/** merges.txt: a `#version` line, then a pair a line, best first. */
export function readMerges(files: TokenizerFiles): [string, string][] {
  const lines = (files['merges.txt'] as string).split(/\r?\n/);
  const merges: [string, string][] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '' || (index === 0 && line.startsWith('#version'))) continue;
    merges.push(pairOf(line, `merges.txt, line ${index + 1}`));
  }
  return merges;
}

/** tokenizer.json. */
export function readBundle(files: TokenizerFiles): TokenizerBundle {
  return parseJson(files, 'tokenizer.json', bundleSchema);
}

/** Merges of tokenizer.json, which older versions write as strings and newer ones as pairs. */
export function bundleMerges({ model }: TokenizerBundle): [string, string][] {
  return (model.merges ?? []).map((merge, index) =>
    typeof merge === 'string' ? pairOf(merge, `tokenizer.json: model.merges.${index}`) : merge,
  );
}

/** Settings of the BERT normaliser of tokenizer.json, alone or within a sequence. */
export function bundleNormalizer({ normalizer }: TokenizerBundle): Partial<z.infer<typeof normalizerSchema>> {
  const all = normalizer ? [normalizer, ...(normalizer.normalizers ?? [])] : [];
  return all.find(({ type }) => type === 'BertNormalizer') ?? {};
}

/** The normalisers of tokenizer.json in order, whether one or a sequence. */
export function bundleNormalizers({ normalizer }: TokenizerBundle): z.infer<typeof normalizerSchema>[] {
  if (!normalizer) return [];
  return normalizer.type === 'Sequence' ? (normalizer.normalizers ?? []) : [normalizer];
}

/** The vocabulary with the tokens that were added beside it. Throws ConfigError when it is empty. */
export function vocabularyOf(
  entries: [string, number][],
  added: [string, number][],
  from: string,
): Vocabulary {
  if (entries.length === 0) throw new ConfigError(`The vocabulary in ${from} is empty.`, again);
  return makeVocabulary([...entries, ...added]);
}

function pairOf(line: string, where: string): [string, string] {
  const [left, right, ...rest] = line.split(' ');
  if (!left || !right || rest.length > 0) {
    throw new ConfigError(
      `${where}: ${JSON.stringify(line)} is not two symbols with a space between.`,
      again,
    );
  }
  return [left, right];
}
