/**
 * What the command line says when something went wrong, and the exit status that goes with it.
 *
 * A KsdError is for the user: what is wrong, what to do, its code. Anything else is a defect of ours. The stack is
 * shown with KSD_DEBUG=1 only.
 */
import { CommanderError } from 'commander';
import { KsdError } from '../errors.ts';
import { t } from './messages.ts';

export const exitStatus = {
  failed: 1,
  /** The command was not understood. */
  usage: 2,
  /** As shells count a process that SIGINT ended: 128 + 2. */
  interrupted: 130,
} as const;

/** Headings of errors by code: the sentences of the errors themselves are English. */
const headings: Readonly<Record<string, () => string>> = {
  GRAPH: () => t('계산 그래프 오류', 'graph error'),
  CHECKPOINT: () => t('파일이나 폴더에 문제가 있습니다', 'a file or folder is not as it should be'),
  CORPUS: () => t('말뭉치에 문제가 있습니다', 'a corpus is not as it should be'),
  CONFIG: () => t('설정이 맞지 않습니다', 'a setting does not fit'),
  INPUT: () => t('요청을 처리할 수 없습니다', 'the request cannot be served'),
  HUB: () => t('모델을 내려받지 못했습니다', 'the model could not be fetched'),
  RUNTIME: () => t('계산 장치에 문제가 있습니다', 'the device failed'),
};

/** The exit status for what a command threw; says on stderr what it was. Commander has told its own errors. */
export function report(error: unknown, write: (text: string) => unknown = writeStderr): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitStatus.usage;
  write(`${describe(error)}\n`);
  if (process.env['KSD_DEBUG'] === '1') write(`\n${stackOf(error)}\n`);
  return exitStatus.failed;
}

/** What is wrong, what to do, and the code, each on a line of its own. */
export function describe(error: unknown): string {
  if (error instanceof KsdError) {
    const heading = headings[error.code]?.() ?? t('오류', 'error');
    return [`✗ ${heading} [${error.code}]`, `  ${error.problem}`, `  → ${error.remedy}`].join('\n');
  }
  const message = error instanceof Error ? error.message : String(error);
  return [
    `✗ ${t('예상하지 못한 오류', 'unexpected error')}: ${message}`,
    `  → ${t('KSD_DEBUG=1을 붙여 다시 실행하면 자세한 내용이 나옵니다', 'run it again with KSD_DEBUG=1 for details')}`,
  ].join('\n');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

function writeStderr(text: string): void {
  process.stderr.write(text);
}
