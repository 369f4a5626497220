/**
 * `ksd compare`: the figure with prompts in rows, and encoders and languages in columns.
 */
import type { Command } from 'commander';
import { InputError } from '../../errors.ts';
import { comparisonGrid, type PromptPair, saveGrid } from '../../generation/compare.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { drawComparison, guidanceFor, openStudio } from '../drawing.ts';
import { t, word } from '../messages.ts';
import {
  addDrawingOptions,
  type DrawingOptions,
  deviceOption,
  examples,
  modelOption,
  readList,
  wholeNumber,
} from '../options.ts';
import { readPrompt, readPrompts } from '../prompts.ts';
import { chooseStudents } from '../students.ts';

interface Options extends DrawingOptions {
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
        '원본과 학생 모델의 그림을 한 장에 나란히 보여 줍니다',
        'compare the original and students in one labelled picture',
      ),
    )
    .argument('[prompts...]', t('"한국어=English" 쌍', 'pairs "한국어=English"'))
    .option('--prompts <file>', t('ko, en이 든 YAML이나 JSONL 파일', 'YAML or JSONL file with ko and en'))
    .option('--students <a,b>', t('학생 모델', 'students, separated by commas'), readList)
    .addOption(modelOption());
  addDrawingOptions(command)
    .option('--batch <n>', t('한 번에 그릴 그림 수', 'pictures at once'), wholeNumber(1), 4)
    .option('--title <text>', t('제목', 'title of the picture'))
    .option(
      '--out <file>',
      t('PNG 파일; SVG도 옆에 씁니다', 'PNG file; an SVG is written beside it'),
      'out/compare.png',
    )
    .addOption(deviceOption())
    .addHelpText(
      'after',
      examples(
        [t('두 프롬프트', 'two prompts'), 'ksd compare "빨간 사과=a red apple" "집=a house"'],
        [
          t('학생 모델 셋을', 'three students'),
          'ksd compare --prompts prompts.yaml --students clip,roberta,runs/mine --out out/students.png',
        ],
      ),
    )
    .action(compareEncoders);
}

async function compareEncoders(texts: readonly string[], options: Options): Promise<void> {
  const { model, scheduler, device, steps, batch, out, title } = options;
  const prompts = await promptsOf(texts, options.prompts);
  const studio = await openStudio(
    { device, model, scheduler },
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
        ...guidanceFor(model, options.guidance),
      },
      word('그리기', 'drawing'),
    );
    const stem = out.replace(/\.(png|svg)$/i, '');
    await saveGrid(stem, comparisonGrid(comparison, title === undefined ? {} : { title }));
    console.log(`${stem}.png\n${stem}.svg`);
  } finally {
    await studio.dispose();
  }
}

async function promptsOf(texts: readonly string[], file: string | undefined): Promise<PromptPair[]> {
  const prompts = [...texts.map(readPrompt), ...(file === undefined ? [] : await readPrompts(file))];
  if (prompts.length > 0) return prompts;
  throw new InputError(
    'There are no prompts to compare.',
    'Give some such as "빨간 사과=a red apple", or a file with --prompts.',
  );
}
