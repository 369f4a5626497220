/**
 * Pairs of prompts, Korean and English, as the command line takes them: written out, or from a file.
 */
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { readBytes } from '../checkpoint/file.ts';
import { readPairs } from '../corpus/pairs.ts';
import { InputError } from '../errors.ts';
import type { PromptPair } from '../generation/compare.ts';
import { t } from './messages.ts';

const listSchema = z.array(z.object({ ko: z.string(), en: z.string() })).min(1);

/** `한국어=English`. Throws InputError without an equals sign. */
export function readPrompt(text: string): PromptPair {
  const at = text.indexOf('=');
  if (at < 0) {
    throw new InputError(
      t(
        `프롬프트 ${JSON.stringify(text)}에 영어가 없습니다.`,
        `The prompt ${JSON.stringify(text)} has no English side.`,
      ),
      t(
        '"빨간 사과=a red apple"처럼 한국어와 영어를 함께 써 주세요.',
        'Write both, such as "빨간 사과=a red apple".',
      ),
    );
  }
  return { ko: text.slice(0, at).trim(), en: text.slice(at + 1).trim() };
}

/**
 * Prompts of a file: JSON Lines (`.jsonl`), else YAML with a list of `ko` and `en`.
 * Throws CheckpointError or InputError naming the file.
 */
export async function readPrompts(path: string): Promise<PromptPair[]> {
  if (path.endsWith('.jsonl')) return readPairs(path);
  const text = (await readBytes(path)).toString('utf8');
  const list = listSchema.safeParse(parsed(text, path));
  if (list.success) return list.data;
  const [issue] = list.error.issues;
  throw notPrompts(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
}

function parsed(text: string, path: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw notPrompts(path, error instanceof Error ? error.message : String(error));
  }
}

function notPrompts(path: string, reason: string): InputError {
  return new InputError(
    `${path} is no list of prompts: ${reason}.`,
    'Write a list of `- { ko: ..., en: ... }` as YAML, or one such JSON object a line in a .jsonl file.',
  );
}
