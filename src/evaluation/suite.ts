/**
 * A suite of prompts as data: Korean, its English reference, and what each pair probes, or the captions that such prompts are
 * drawn from. Written as YAML; the ones that come with the package lie in `suites/`.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { unreadable } from '../checkpoint/file.ts';
import { ConfigError } from '../errors.ts';

const bilingual = z.strictObject({ ko: z.string().min(1), en: z.string().min(1) });

const promptSchema = z.strictObject({
  ko: z.string().min(1),
  en: z.string().min(1),
  /** What a wrong answer would tell: `colour words`, for example. */
  probe: z.string().min(1),
  /** English name of an emoji, where the picture can be recognised. */
  object: z.string().optional(),
  /** A background of the emoji world. */
  background: z.string().optional(),
});

const common = {
  name: z.string().regex(/^[\p{L}\p{N}._-]+$/u, 'must be letters, digits, dots, dashes and underscores'),
  title: bilingual,
  /** What reports call the probes; those that are left out go by their own names. */
  probes: z.record(z.string(), bilingual).optional(),
};

const promptsSchema = z.strictObject({ ...common, prompts: z.array(promptSchema).min(1) });

const captionSet = z.strictObject({
  from: z.enum(['train', 'heldOut']),
  /** Of the captions that prompts are drawn from. */
  kinds: z.array(z.string()).min(1),
  /** Prompts are put together anew from such captions of several objects, and stand in none of `train`. */
  reworded: z.boolean().default(false),
});

const captionsSchema = z.strictObject({
  ...common,
  /** JSONL files of captions with their scenes, relative to the suite. */
  captions: z.strictObject({ train: z.string(), heldOut: z.string() }),
  /** Everyday objects that each set asks for. */
  objects: z.int().positive(),
  /** A probe each, by its name. */
  sets: z.record(z.string(), captionSet).refine((sets) => Object.keys(sets).length > 0, 'holds no set'),
});

export type SuitePrompt = z.infer<typeof promptSchema>;

/** Prompts that stand in the suite. */
export type PromptSuite = z.infer<typeof promptsSchema>;

/** Prompts that are drawn from captions of the emoji world. */
export type CaptionSuite = z.infer<typeof captionsSchema>;

export type CaptionSet = z.infer<typeof captionSet>;

export type Suite = PromptSuite | CaptionSuite;

/** Reads a suite. Throws CheckpointError if the file cannot be read, ConfigError naming the file and the field. */
export async function readSuite(path: string): Promise<Suite> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw unreadable(path, cause);
  });
  const value = parsed(text, path);
  if (typeof value === 'object' && value !== null && 'captions' in value) {
    const { captions, ...suite } = validated(captionsSchema, value, path);
    const beside = (file: string) => resolve(dirname(path), file);
    return { ...suite, captions: { train: beside(captions.train), heldOut: beside(captions.heldOut) } };
  }
  return checkTwice(validated(promptsSchema, value, path), path);
}

function validated<Value>(schema: z.ZodType<Value>, value: unknown, path: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw notSuite(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
}

/** Names of the probes, in the order in which they come. */
export function probesOf({ prompts }: PromptSuite): string[] {
  return [...new Set(prompts.map(({ probe }) => probe))];
}

function parsed(text: string, path: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw notSuite(path, error instanceof Error ? error.message : String(error));
  }
}

/** One Korean prompt stands once, so that results can be named by it. */
function checkTwice(suite: PromptSuite, path: string): PromptSuite {
  const seen = new Set<string>();
  suite.prompts.forEach(({ ko }, i) => {
    if (seen.has(ko)) throw notSuite(path, `prompts.${i}: "${ko}" stands there twice`);
    seen.add(ko);
  });
  return suite;
}

function notSuite(path: string, reason: string): ConfigError {
  return new ConfigError(
    `${path} is no suite of prompts: ${reason}.`,
    'Write it as suites/korean.yaml of this package is written.',
  );
}
