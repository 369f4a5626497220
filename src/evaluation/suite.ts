/**
 * A suite of prompts as data: Korean, its English reference, and what each pair probes. Written as YAML; the ones that come
 * with the package lie in `suites/`.
 */
import { readFile } from 'node:fs/promises';
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

const schema = z.strictObject({
  name: z.string().regex(/^[\p{L}\p{N}._-]+$/u, 'must be letters, digits, dots, dashes and underscores'),
  title: bilingual,
  /** What reports call the probes; those that are left out go by their own names. */
  probes: z.record(z.string(), bilingual).optional(),
  prompts: z.array(promptSchema).min(1),
});

export type SuitePrompt = z.infer<typeof promptSchema>;

export type Suite = z.infer<typeof schema>;

/** Reads a suite. Throws CheckpointError if the file cannot be read, ConfigError naming the file and the field. */
export async function readSuite(path: string): Promise<Suite> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw unreadable(path, cause);
  });
  const result = schema.safeParse(parsed(text, path));
  if (result.success) return checkTwice(result.data, path);
  const [issue] = result.error.issues;
  throw notSuite(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
}

/** Names of the probes, in the order in which they come. */
export function probesOf({ prompts }: Suite): string[] {
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
function checkTwice(suite: Suite, path: string): Suite {
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
