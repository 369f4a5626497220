/**
 * `ksd eval`: what is understood and drawn, in Korean and English, by the original and by students, as numbers.
 */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { emojiWorldFolder, guidanceFor } from '../../catalog/packaged.ts';
import { chooseStudents } from '../../catalog/students.ts';
import { InputError } from '../../errors.ts';
import { type EmojiWorld, openEmojiWorld } from '../../evaluation/emojiWorld.ts';
import { type Journal, noJournal } from '../../evaluation/journal.ts';
import { reportTables } from '../../evaluation/report/tables.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { commandLine } from '../commandLine.ts';
import { openStudio, type Studio } from '../drawing.ts';
import { journalBeside, saveReport } from '../evalFiles.ts';
import { noPairs, statesPairs } from '../evalPairs.ts';
import { chooseSuites } from '../evalSuites.ts';
import { type EvaluationPlan, type Measure, measures, runEvaluation } from '../evaluating.ts';
import { exitStatus } from '../failure.ts';
import { onInterrupt } from '../interrupt.ts';
import { measuredStudents } from '../measuredStudents.ts';
import { t } from '../messages.ts';
import {
  addDrawingOptions,
  type DrawingOptions,
  deviceOption,
  examples,
  modelOption,
  readList,
  wholeNumber,
} from '../options.ts';
import { displayWidth } from '../width.ts';

interface Options extends DrawingOptions {
  readonly model: string;
  readonly on: readonly string[];
  readonly measures?: readonly Measure[];
  readonly sets?: readonly string[];
  readonly count?: number;
  readonly pairs?: string;
  readonly pairsCount: number;
  readonly batch: number;
  readonly clipScore?: string;
  readonly out: string;
  readonly device: RequestedDevice;
}

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .description(
      t('한국어를 얼마나 알아듣고 그리는지 잽니다', 'measure how much of Korean is understood and drawn'),
    )
    .argument('[students...]', t('학생 모델들', 'students'))
    .option(
      '--on <a,b>',
      t(
        '프롬프트 모음: emoji, korean, original, 또는 .yaml 파일',
        'suites of prompts: emoji, korean, original, or a .yaml file',
      ),
      readList,
      ['emoji'],
    );
  addMeasureOptions(command).addOption(modelOption());
  addDrawingOptions(command)
    .option('--batch <n>', t('한 번에 그릴 장수', 'pictures at once'), wholeNumber(1), 8)
    .option(
      '--out <file>',
      t('JSON 파일 (보고서, 표, 예시 그림도 함께 저장)', 'JSON file; report, tables and examples beside it'),
      'out/eval.json',
    )
    .addOption(deviceOption())
    .addHelpText('after', helpExamples())
    .action(evaluate);
}

function addMeasureOptions(command: Command): Command {
  return command
    .option(
      '--measures <a,b>',
      t(
        `잴 것: ${measures.join(', ')} (기본: 할 수 있는 모두)`,
        `${measures.join(', ')} (default all that apply)`,
      ),
      readAmong(measures),
    )
    .option(
      '--sets <a,b>',
      t(
        'emoji의 문제 종류: seen-white, seen-color, new-wording, held-out-color (기본 모두)',
        'sets of emoji: seen-white, seen-color, new-wording, held-out-color (default all)',
      ),
      readList,
    )
    .option(
      '--count <n>',
      t(
        'emoji에서는 종류마다 물을 사물 수(기본 12, 최대 51), 다른 모음에서는 프롬프트 수(기본 모두)',
        'objects a set of emoji (default 12, at most 51), prompts of another suite (default all)',
      ),
      wholeNumber(1),
    )
    .option(
      '--pairs <path>',
      t(
        'states를 잴 문장 쌍: JSONL이나 말뭉치 (내장 모델은 학습에 쓰지 않은 캡션)',
        'sentence pairs for states: JSONL or a corpus (default for the packaged model: captions it never saw)',
      ),
    )
    .option('--pairs-count <n>', t('그중 잴 쌍의 수', 'pairs to measure'), wholeNumber(1), 1000)
    .option(
      '--clip-score <folder>',
      t(
        '그림이 영어 기준문에 맞는지 CLIP으로도 재기: CLIPModel의 Hugging Face 폴더',
        'judge pictures by a CLIP, too: the Hugging Face folder of a whole CLIPModel',
      ),
    );
}

function helpExamples(): string {
  return examples(
    [t('내장 학생', 'the packaged student'), 'ksd eval'],
    [
      t('학생 둘을 모든 사물로', 'two students, every object'),
      'ksd eval roberta runs/mine --count 51 --out out/two.json',
    ],
    [
      t('조사, 어순, 오타처럼 한국어다운 것', 'what Korean does: particles, word order, typos'),
      'ksd eval --on korean',
    ],
    [
      t('그리지 않고 빠르게', 'fast, without drawing'),
      'ksd eval runs/mine --measures states --pairs held_out.jsonl',
    ],
    [
      t('본래 크기의 모델을 CLIP 점수로', 'a model of full size, by CLIP score'),
      'ksd eval runs/mine --model models/stable-diffusion-v1-4 --on original --clip-score models/clip-vit-base-patch32',
    ],
  );
}

async function evaluate(names: readonly string[], options: Options): Promise<void> {
  const { model, scheduler, device } = options;
  const world = await openEmojiWorld(emojiWorldFolder);
  const students = await chooseStudents(names.length > 0 ? names : undefined, model);
  const planned = await plan(options, world, {
    command: commandLine(process.argv.slice(2)),
    students: await measuredStudents(students),
  });
  const interrupt = onInterrupt(() => {
    process.stderr.write(`\n${t('멈춥니다.', 'Stopping.')}\n`);
  });
  let studio: Studio | undefined;
  try {
    studio = await openStudio({ device, model, scheduler }, students);
    const drawable = studio.pipeline.side === world.side;
    const wanted =
      options.measures ?? planned.measures.filter((measure) => measure !== 'pictures' || drawable);
    const journal = await journalFor(wanted, options, studio);
    const { report, pairsPerSecond } = await runEvaluation(studio, world, journal, {
      ...planned,
      measures: wanted,
      settings: { ...planned.settings, signal: interrupt.signal },
    });
    console.log(reportTables(report, { format: 'terminal', width: displayWidth }));
    const speeds = [...pairsPerSecond].map(([name, speed]) => `${name} ${Math.round(speed)}`);
    if (speeds.length > 0) console.log(`${t('쌍/초', 'pairs/s')}: ${speeds.join(', ')}\n`);
    console.log((await saveReport(options.out, report, world)).join('\n'));
    await journal.remove();
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    const goOn = t(
      '멈췄습니다. 같은 명령을 다시 실행하면 이어서 합니다.',
      'Stopped; the same command goes on from here.',
    );
    process.stderr.write(`${goOn}\n`);
    process.exitCode = exitStatus.interrupted;
  } finally {
    interrupt.release();
    await studio?.dispose();
  }
}

/** States are soon measured again; drawing is not. */
function journalFor(
  wanted: readonly Measure[],
  { out, model, clipScore }: Options,
  { runtime }: Studio,
): Promise<Journal> | Journal {
  const draws = clipScore !== undefined || wanted.some((measure) => measure !== 'states');
  return draws ? journalBeside(out, model, runtime) : noJournal;
}

async function plan(
  options: Options,
  world: EmojiWorld,
  noted: EvaluationPlan['noted'],
): Promise<EvaluationPlan> {
  const { model, on, sets, count, scheduler, steps, batch } = options;
  const seed = Number(options.seed);
  const wanted = options.measures ?? measures;
  const states = wanted.includes('states') ? await statesPairs({ ...options, seed }) : undefined;
  if (options.measures?.includes('states') && states === undefined) throw noPairs();
  const suites = await chooseSuites(on, world, {
    ...(sets ? { sets } : {}),
    ...(count === undefined ? {} : { count }),
  });
  if (options.measures?.includes('pictures') && suites.every(({ items }) => items.length === 0)) {
    throw new InputError(
      t(
        `${on.join(', ')}에는 그림에 무엇이 있어야 하는지 적혀 있지 않습니다.`,
        `No prompt of ${on.join(', ')} says what its picture must show.`,
      ),
      t(
        '그림은 emoji나 korean으로 재거나, 프롬프트에 object와 background를 적으세요.',
        'Measure pictures on emoji or korean, or give prompts an object and a background.',
      ),
    );
  }
  return {
    noted,
    ...(options.clipScore === undefined ? {} : { clipScore: options.clipScore }),
    suites,
    measures: wanted,
    ...(states ? { states } : {}),
    settings: { steps, scheduler, batch, seed, ...guidanceFor(model, options.guidance) },
  };
}

function readAmong<Name extends string>(known: readonly Name[]): (text: string) => Name[] {
  return (text) =>
    readList(text).map((name) => {
      const found = known.find((one) => one === name);
      if (found !== undefined) return found;
      throw new InvalidArgumentError(
        t(`다음 중에서 고르세요: ${known.join(', ')}.`, `Choose among ${known.join(', ')}.`),
      );
    });
}
