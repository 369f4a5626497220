/**
 * How prompts are read: what a request may say of it, checked.
 */
import type { TextualInversion } from '../checkpoint/textualInversionFile.ts';
import { InputError } from '../errors.ts';
import type { LongPrompts, PromptSyntax } from '../text/promptChunks.ts';

export interface PromptOptions {
  /** `weights` by default: `(word:1.3)`, `[word]`, BREAK as in AUTOMATIC1111's web UI. `plain` reads prompts literally. */
  readonly promptSyntax?: PromptSyntax;
  /** Prompts of more than 75 tokens: `chunk`, the default, encodes them 75 at a time; `cut` drops the rest, with a warning. */
  readonly longPrompts?: LongPrompts;
  /** The layer of the text encoder that is read: 1, the default, is the last, 2 the last but one. */
  readonly clipSkip?: number;
  /** Textual inversion: prompts use them by name. They belong to the text encoder that they were trained with. */
  readonly embeddings?: readonly TextualInversion[];
}

/** What of the options is recorded with a picture; defaults are left out. */
export type PromptSettings = Omit<PromptOptions, 'embeddings'>;

/** Throws InputError for a value that is not one of those above. */
export function promptSettings({ promptSyntax, longPrompts, clipSkip = 1 }: PromptOptions): PromptSettings {
  checkChoice('prompt syntax', promptSyntax, ['weights', 'plain']);
  checkChoice('way with long prompts', longPrompts, ['chunk', 'cut']);
  if (!Number.isInteger(clipSkip) || clipSkip < 1) {
    throw new InputError(
      `The clip skip is ${clipSkip}.`,
      'Use a whole number from 1, which reads the last layer of the text encoder.',
    );
  }
  return {
    ...(promptSyntax === 'plain' ? { promptSyntax } : {}),
    ...(longPrompts === 'cut' ? { longPrompts } : {}),
    ...(clipSkip > 1 ? { clipSkip } : {}),
  };
}

function checkChoice(what: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return;
  throw new InputError(`There is no ${what} ${JSON.stringify(value)}.`, `Use ${choices.join(' or ')}.`);
}
