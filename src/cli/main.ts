#!/usr/bin/env node
/**
 * The command `ksd`. Assembles its commands; what each does stands in commands/.
 */
import { Command, Option } from 'commander';
import { packageFile } from '../catalog/packaged.ts';
import { readJsonObject } from '../checkpoint/json.ts';
import { addCompare } from './commands/compare.ts';
import { addCorpus } from './commands/corpus.ts';
import { addDemo } from './commands/demo.ts';
import { addDiagnose } from './commands/diagnose.ts';
import { addDistill } from './commands/distill.ts';
import { addEval } from './commands/eval.ts';
import { addExport } from './commands/export.ts';
import { addFid } from './commands/fid.ts';
import { addGenerate } from './commands/generate.ts';
import { addInfo } from './commands/info.ts';
import { addLeaderboard } from './commands/leaderboard.ts';
import { addPull } from './commands/pull.ts';
import { addQuantize } from './commands/quantize.ts';
import { addServe } from './commands/serve.ts';
import { addVocab } from './commands/vocab.ts';
import { addWorker } from './commands/worker.ts';
import { report } from './failure.ts';
import { languages, requestedLanguage, speak, t } from './messages.ts';
import { errorTexts, helpHint, helpTexts } from './parserTexts.ts';

const commands = [
  addDemo,
  addGenerate,
  addCompare,
  addCorpus,
  addDiagnose,
  addDistill,
  addEval,
  addLeaderboard,
  addFid,
  addExport,
  addQuantize,
  addServe,
  addWorker,
  addVocab,
  addPull,
  addInfo,
];

function createProgram(version: string): Command {
  const program = new Command('ksd')
    .description(
      t(
        '한국어를 알아듣는 Stable Diffusion: 증류, 생성, 비교',
        'Stable Diffusion that understands Korean: distil, generate, compare',
      ),
    )
    .version(version, '-V, --version', t('버전', 'version'))
    .helpOption('-h, --help', t('도움말', 'help'))
    .helpCommand('help [command]', t('명령의 도움말', 'help for a command'))
    .addOption(new Option('--lang <language>', t('표시 언어', 'language')).choices(languages))
    .configureHelp(helpTexts)
    .configureOutput(errorTexts)
    .showHelpAfterError(helpHint())
    .exitOverride();
  for (const add of commands) add(program);
  return program;
}

async function main(args: readonly string[]): Promise<number> {
  speak(requestedLanguage(args, process.env));
  try {
    const { version } = await readJsonObject(packageFile);
    await createProgram(String(version)).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    return report(error);
  }
}

// A reader such as `head` that has seen enough is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const status = await main(process.argv.slice(2));
if (status !== 0) process.exitCode = status;
