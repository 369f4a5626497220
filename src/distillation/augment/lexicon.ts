/**
 * Words that say the same, as a YAML file that people may replace: `lexicon/korean.yaml` of this package by default.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../checkpoint/packageRoot.ts';
import { CheckpointError, ConfigError } from '../../errors.ts';

/** Words of one meaning. */
export interface Synonyms {
  /** They stand anywhere. */
  readonly nouns: readonly string[];
  /** They stand before a noun: "파란". */
  readonly adnominals: readonly string[];
}

/** From each word that may be replaced to those of its meaning, itself among them. */
export type Lexicon = ReadonlyMap<string, Synonyms>;

export const packagedLexicon = join(packageRoot(), 'lexicon', 'korean.yaml');

const word = z.string().regex(/^\p{Script=Hangul}+( \p{Script=Hangul}+)*$/u, 'must be Korean words');

const schema = z.strictObject({
  colours: z
    .array(z.strictObject({ nouns: z.array(word).min(1), adnominals: z.array(word).default([]) }))
    .default([]),
  words: z.array(z.array(word).min(2)).default([]),
  /** They mean something else as well: put in, never replaced. */
  homonyms: z.array(word).default([]),
});

/**
 * Throws CheckpointError if the file cannot be read, ConfigError if it is no lexicon, or if a word has two meanings
 * without being a homonym.
 */
export async function readLexicon(path: string = packagedLexicon): Promise<Lexicon> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new CheckpointError(
      `The lexicon ${path} cannot be read: ${cause.message}.`,
      'Give the path of a YAML file such as lexicon/korean.yaml, or leave corpus.augment.lexicon out.',
      { cause },
    );
  });
  return parseLexicon(text, path);
}

/** The same from the file's text; `path` is what errors name. */
export function parseLexicon(text: string, path: string): Lexicon {
  const { colours, words, homonyms } = validate(text, path);
  const lexicon = new Map<string, Synonyms>();
  for (const synonyms of [...colours, ...words.map((nouns) => ({ nouns, adnominals: [] }))]) {
    for (const form of [...synonyms.nouns, ...synonyms.adnominals]) {
      if (homonyms.includes(form)) continue;
      if (lexicon.has(form)) {
        throw new ConfigError(
          `${path} has ${form} twice.`,
          'Remove one of them, or add the word to homonyms: then it is put in, and never replaced.',
        );
      }
      lexicon.set(form, synonyms);
    }
  }
  return lexicon;
}

function validate(text: string, path: string): z.infer<typeof schema> {
  try {
    return schema.parse(parse(text) ?? {});
  } catch (cause) {
    const problem =
      cause instanceof z.ZodError
        ? cause.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`).join('; ')
        : (cause as Error).message;
    throw new ConfigError(
      `${path} is no lexicon: ${problem}.`,
      'Write it as lexicon/korean.yaml is written.',
      { cause },
    );
  }
}
