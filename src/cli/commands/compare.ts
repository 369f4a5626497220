/**
 * `ksd compare`: the figure with prompts in rows, and encoders and languages in columns.
 */
import type { Command } from 'commander';
import { guidanceFor } from '../../catalog/packaged.ts';
import { chooseStudents } from '../../catalog/students.ts';
import { InputError } from '../../errors.ts';
import { comparisonGrid, type PromptPair } from '../../generation/compare.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { drawComparison, openStudio, saveFigure, warnOfFlagged } from '../drawing.ts';
import { t, word } from '../messages.ts';
import {
  addDrawingOptions,
  type DrawingOptions,
  deviceOption,
  examples,
  modelOption,
  readList,
  type SafetyOptions,
  safetyOption,
  wholeNumber,
} from '../options.ts';
import { addPromptOptions, type PromptCommandOptions, readPromptOptions } from '../promptOptions.ts';
import { readPrompt, readPrompts } from '../prompts.ts';

interface Options extends DrawingOptions, PromptCommandOptions, SafetyOptions {
  readonly prompts?: string;
  readonly students?: string[];
  readonly model: string;
  readonly batch: number;
  readonly title?: string;
  readonly out: string;
  readonly device: RequestedDevice;
}

export function addCompare(program: Command): void {
  const command = program
    .command('compare')
    .description(
      t(
        '원본과 학생의 그림을 한 장에 나란히 그립니다',
        'compare the original and students in one labelled picture',
      ),
    )
    .argument('[prompts...]', t('"한국어=English" 쌍', 'pairs "한국어=English"'))
    .option('--prompts <file>', t('ko와 en이 있는 YAML 또는 JSONL 파일', 'YAML or JSONL file with ko and en'))
    .option('--students <a,b>', t('학생 모델 (쉼표로 구분)', 'students, separated by commas'), readList)
    .addOption(modelOption());
  addPromptOptions(addDrawingOptions(command))
    .option('--batch <n>', t('한 번에 그릴 장수', 'pictures at once'), wholeNumber(1), 4)
    .option('--title <text>', t('그림의 제목', 'title of the picture'))
    .option(
      '--out <file>',
      t('PNG 파일 (SVG도 함께 저장)', 'PNG file; an SVG is written beside it'),
      'out/compare.png',
    )
    .addOption(safetyOption())
    .addOption(deviceOption())
    .addHelpText(
      'after',
      examples(
        [t('프롬프트 두 개', 'two prompts'), 'ksd compare "빨간 사과=a red apple" "집=a house"'],
        [t('가중치', 'weights'), 'ksd compare "(빨간:1.3) 사과=a (red:1.3) apple"'],
        [
          t('학생 모델 세 개', 'three students'),
          'ksd compare --prompts prompts.yaml --students clip,roberta,runs/mine --out out/students.png',
        ],
      ),
    )
    .action(compareEncoders);
}

async function compareEncoders(texts: readonly string[], options: Options): Promise<void> {
  const { model, scheduler, device, steps, batch, out, title, safetyChecker } = options;
  const prompts = await promptsOf(texts, options.prompts);
  const prompting = await readPromptOptions(options);
  const studio = await openStudio(
    { device, model, scheduler, safetyChecker },
    await chooseStudents(options.students, model),
  );
  const { pipeline, students } = studio;
  try {
    const comparison = await drawComparison(
      {
        pipeline,
        students,
        prompts,
        seeds: [options.seed],
        steps,
        batch,
        ...prompting,
        ...guidanceFor(model, options.guidance),
      },
      word('그리기', 'drawing'),
    );
    const grid = comparisonGrid(comparison, title === undefined ? {} : { title });
    const paths = await saveFigure(out, grid);
    warnOfFlagged(comparison.rows.flatMap(({ flagged }) => flagged));
    console.log(paths.join('\n'));
  } finally {
    await studio.dispose();
  }
}

async function promptsOf(texts: readonly string[], file: string | undefined): Promise<PromptPair[]> {
  const prompts = [...texts.map(readPrompt), ...(file === undefined ? [] : await readPrompts(file))];
  if (prompts.length > 0) return prompts;
  throw new InputError(
    t('비교할 프롬프트가 없습니다.', 'There are no prompts to compare.'),
    t(
      '"빨간 사과=a red apple"처럼 쓰거나 --prompts로 파일을 주세요.',
      'Give some such as "빨간 사과=a red apple", or a file with --prompts.',
    ),
  );
}
