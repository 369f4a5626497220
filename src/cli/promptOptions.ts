/**
 * Options that say how prompts are read, common to the commands that draw them.
 */
import { type Command, Option } from 'commander';
import { openTextualInversion } from '../checkpoint/textualInversionFile.ts';
import type { PromptOptions } from '../generation/prompting.ts';
import type { LongPrompts, PromptSyntax } from '../text/promptChunks.ts';
import { t } from './messages.ts';
import { wholeNumber } from './options.ts';

export interface PromptCommandOptions {
  readonly promptSyntax: PromptSyntax;
  readonly longPrompts: LongPrompts;
  readonly clipSkip: number;
  readonly embedding: readonly string[];
}

export function addPromptOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--prompt-syntax <syntax>',
        t(
          'weights: (단어:1.3), [단어], BREAK를 해석, plain: 쓰인 그대로',
          'weights: (word:1.3), [word] and BREAK mean something; plain: nothing does',
        ),
      )
        .choices(['weights', 'plain'])
        .default('weights'),
    )
    .addOption(
      new Option(
        '--long-prompts <how>',
        t(
          '75토큰이 넘는 프롬프트: chunk는 나누어 모두 읽고, cut은 뒤를 자릅니다',
          'prompts of over 75 tokens: chunk reads all, in parts; cut drops the rest',
        ),
      )
        .choices(['chunk', 'cut'])
        .default('chunk'),
    )
    .option(
      '--clip-skip <n>',
      t(
        '텍스트 인코더의 뒤에서 n번째 층을 사용 (1이 마지막 층)',
        'read the n-th layer of the text encoder from the end (1 is the last)',
      ),
      wholeNumber(1),
      1,
    )
    .option(
      '--embedding <file[:name]>',
      t(
        'textual inversion 임베딩. 프롬프트에 그 이름을 써서 사용 (여러 번 가능)',
        'textual inversion embedding, used by its name in prompts (repeatable)',
      ),
      (given: string, before: readonly string[]) => [...before, given],
      [],
    );
}

/** Opens the embeddings. Throws CheckpointError for a file that is none. */
export async function readPromptOptions(options: PromptCommandOptions): Promise<PromptOptions> {
  const { promptSyntax, longPrompts, clipSkip, embedding } = options;
  const embeddings = await Promise.all(embedding.map((given) => openTextualInversion(...fileAndName(given))));
  return { promptSyntax, longPrompts, clipSkip, embeddings };
}

/** `file:name`; the colon of a Windows drive, as in C:\a.pt, is not meant. */
export function fileAndName(given: string): [file: string, name?: string] {
  const match = /^(..+):([^:\\/]+)$/.exec(given);
  return match ? [match[1] as string, match[2] as string] : [given];
}
