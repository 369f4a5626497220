/**
 * `ksd pull`: fetches a model from the Hugging Face Hub into a folder that the other commands open as it is.
 */
import { relative } from 'node:path';
import type { Command } from 'commander';
import type { HubError } from '../../errors.ts';
import { hubAccess } from '../../hub/access.ts';
import { type PullPlan, planPull } from '../../hub/plan.ts';
import { pull } from '../../hub/pull.ts';
import { tokenizerFileNames } from '../../text/load.ts';
import { exitStatus } from '../failure.ts';
import { inLanguage } from '../hubErrors.ts';
import { onInterrupt } from '../interrupt.ts';
import { t, word } from '../messages.ts';
import { examples } from '../options.ts';
import { type Progress, progress } from '../progress.ts';
import { fileSize } from '../units.ts';
import { padEnd } from '../width.ts';

interface Options {
  readonly out?: string;
  readonly file?: string;
  readonly fp16?: boolean;
  readonly safetyChecker?: boolean;
  readonly dryRun?: boolean;
}

export function addPull(program: Command): void {
  program
    .command('pull')
    .description(t('Hugging Face Hub에서 모델을 내려받습니다', 'fetch a model from the Hugging Face Hub'))
    .argument(
      '<id>',
      t('모델 이름: 조직/이름, 또는 조직/이름@리비전', 'model: org/name, or org/name@revision'),
    )
    .option(
      '--out <folder>',
      t('저장할 폴더 (기본 models/<이름>)', 'folder to fetch into (default models/<name>)'),
    )
    .option(
      '--file <path>',
      t('저장소의 이 파일 하나만', 'only this file of the repository, such as a checkpoint in one file'),
    )
    .option('--fp16', t('F16 가중치가 있으면 그것으로', 'weights in half precision where there are any'))
    .option('--safety-checker', t('안전성 검사기도 함께', 'the safety checker too'))
    .option('--dry-run', t('목록과 크기만 보여 주기', 'only show the files and their size'))
    .addHelpText(
      'after',
      examples(
        [
          t('Stable Diffusion v1.4 (실험 파일의 교사)', 'Stable Diffusion v1.4, the teacher of experiments'),
          'ksd pull CompVis/stable-diffusion-v1-4',
        ],
        [t('학생이 시작할 RoBERTa', 'a RoBERTa to start a student from'), 'ksd pull klue/roberta-small'],
        [
          t('절반 크기로, 얼마나 큰지만 보기', 'half the size; see first how large it is'),
          'ksd pull CompVis/stable-diffusion-v1-4 --fp16 --dry-run',
        ],
        [
          t('파일 하나로 된 체크포인트', 'a checkpoint in one file'),
          'ksd pull org/name --file model.safetensors',
        ],
        [
          t('약관에 동의해야 하는 모델', 'a model whose licence you have accepted'),
          'HF_TOKEN=hf_... ksd pull org/name@main',
        ],
      ),
    )
    .action(fetchModel);
}

async function fetchModel(name: string, { out, dryRun = false, ...wanted }: Options): Promise<void> {
  let announced = () => {};
  const interrupt = onInterrupt(() => announced());
  const { signal } = interrupt;
  try {
    const access = await hubAccess(process.env);
    const request = { name, ...wanted, ...(out === undefined ? {} : { folder: out }) };
    const plan = await planPull(access, request, { signal, onWait: (error) => say(waitText(error)) });
    for (const line of planLines(plan)) dryRun ? console.log(line) : say(line);
    if (dryRun) return;
    const view = pullView(plan);
    announced = view.stop;
    await follow(plan, view, signal);
    sayResult(plan, wanted.file);
  } catch (error) {
    if (!signal.aborted) throw inLanguage(error);
    console.log(
      t(
        '멈췄습니다. 같은 명령을 다시 실행하면 이어서 받습니다.',
        'Stopped. Run the same command to go on from here.',
      ),
    );
    process.exitCode = exitStatus.interrupted;
  } finally {
    interrupt.release();
  }
}

async function follow(plan: PullPlan, view: Progress, signal: AbortSignal): Promise<void> {
  try {
    for await (const event of pull(plan, { signal })) {
      if (event.kind === 'bytes') view.tick(event.count);
      else if (event.kind === 'file') view.tick(0, event.path);
      else view.note(waitText(event.error, event.milliseconds));
    }
  } finally {
    view.stop();
  }
}

/** One bar for all files, in bytes; those that are there already pass while they are checked. */
function pullView({ files }: PullPlan): Progress {
  return progress({ total: bytesOf(files), label: word('받기', 'fetching'), unit: fileSize });
}

function bytesOf(files: readonly { readonly size: number }[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

/** What there is to fetch, and where to. */
function planLines({ repo, folder, files }: PullPlan): string[] {
  const width = Math.max(...files.map(({ path }) => path.length));
  const there = files.reduce((sum, { present }) => sum + present, 0);
  const state = ({ present, size }: PullPlan['files'][number]) =>
    present === 0 ? '' : present < size ? `  ${fileSize(present)} ✓` : '  ✓';
  return [
    `${repo.id}@${repo.commit.slice(0, 8)} (${repo.revision}) → ${shown(folder)}`,
    ...files.map((file) => `  ${padEnd(file.path, width)}  ${fileSize(file.size).padStart(8)}${state(file)}`),
    t(
      `파일 ${files.length}개, ${fileSize(bytesOf(files))}. 그중 ${fileSize(there)}는 이미 있습니다.`,
      `${files.length} files, ${fileSize(bytesOf(files))}, of which ${fileSize(there)} are there.`,
    ),
  ];
}

function waitText(error: HubError, milliseconds?: number): string {
  const { subject } = error;
  const seconds = milliseconds === undefined ? '' : ` ${Math.round(milliseconds / 1000)}`;
  return `⚠ ${t(`${subject}: 연결이 끊겼거나 서버가 바쁩니다.${seconds && `${seconds}초 뒤`} 다시 시도합니다.`, `${error.problem} Trying again${seconds && ` in${seconds} s`}.`)}`;
}

/** The path on stdout, for scripts; what to do with it on stderr. */
function sayResult({ repo, folder, files }: PullPlan, file: string | undefined): void {
  const path = shown(file === undefined ? folder : files[0]!.destination);
  console.log(path);
  const isPipeline = files.some((one) => one.path === 'model_index.json');
  if (isPipeline || /\.(safetensors|ckpt)$/.test(file ?? '')) {
    say(`${t('그려 보기', 'draw with it')}: ksd generate "a yellow car" --model ${path}`);
  } else if (files.some((one) => tokenizerFileNames.includes(one.path))) {
    say(
      `${t(`${repo.id}을(를) 실험의 student.start로 쓸 수 있습니다`, 'an experiment can start from it')}: start: ${path}`,
    );
  }
}

function shown(path: string): string {
  const short = relative('', path);
  return short === '' || short.startsWith('..') ? path : short;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
