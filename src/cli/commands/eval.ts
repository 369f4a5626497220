/**
 * `ksd eval`: how often the right thing is drawn, in Korean and English, by the original and by students, as numbers.
 */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { writeFileAtomic } from '../../checkpoint/atomic.ts';
import { writeJson } from '../../checkpoint/json.ts';
import { readCaptions } from '../../evaluation/emojiCaptions.ts';
import { emojiSuite, type SuiteItem, type SuiteSet, suiteSets } from '../../evaluation/emojiSuite.ts';
import { openEmojiWorld } from '../../evaluation/emojiWorld.ts';
import {
  defaultSystems,
  type Evaluation,
  type EvaluationOptions,
  type EvaluationProgress,
  evaluatePictures,
} from '../../evaluation/evaluatePictures.ts';
import { evaluationJson, formatTable } from '../../evaluation/evaluationTable.ts';
import { exampleGrid } from '../../evaluation/exampleGrid.ts';
import { saveGrid } from '../../generation/compare.ts';
import { finish } from '../../generation/finish.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { guidanceFor, openStudio, type Studio } from '../drawing.ts';
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
import { emojiWorldFolder } from '../packaged.ts';
import { progress } from '../progress.ts';
import { chooseStudents } from '../students.ts';
import { displayWidth } from '../width.ts';

interface Options extends DrawingOptions {
  readonly model: string;
  readonly sets?: readonly SuiteSet[];
  readonly count: number;
  readonly batch: number;
  readonly out: string;
  readonly device: RequestedDevice;
}

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .description(
      t(
        '맞는 그림을 그리는 비율을 잽니다 (이모지 모델)',
        'measure how often the right thing is drawn (emoji models)',
      ),
    )
    .argument('[students...]', t('학생 모델', 'students'))
    .option(
      '--sets <a,b>',
      t(`문제 묶음: ${suiteSets.join(', ')}`, 'sets of prompts, all by default'),
      readSets,
    )
    .option(
      '--count <n>',
      t('묶음마다 물을 사물 수, 많아야 51', 'objects a set, at most 51'),
      wholeNumber(1),
      12,
    )
    .addOption(modelOption());
  addDrawingOptions(command)
    .option('--batch <n>', t('한 번에 그릴 그림 수', 'pictures at once'), wholeNumber(1), 8)
    .option(
      '--out <file>',
      t('JSON 파일; 표와 그림을 옆에 씁니다', 'JSON file; table and examples beside it'),
      'out/eval.json',
    )
    .addOption(deviceOption())
    .addHelpText(
      'after',
      examples(
        [t('기본 제공 학생', 'the packaged student'), 'ksd eval'],
        [
          t('두 학생을 모든 사물로', 'two students, every object'),
          'ksd eval roberta runs/mine --count 51 --out out/two.json',
        ],
      ),
    )
    .action(evaluate);
}

async function evaluate(names: readonly string[], options: Options): Promise<void> {
  const { model, scheduler, device, sets, count } = options;
  const world = await openEmojiWorld(emojiWorldFolder);
  const items = emojiSuite(world, await readCaptions(emojiWorldFolder), {
    objects: count,
    ...(sets ? { sets } : {}),
  });
  const students = await chooseStudents(names.length > 0 ? names : undefined, model);
  const studio = await openStudio({ device, model, scheduler }, students);
  try {
    const evaluation = await measure(studio, world, items, {
      steps: options.steps,
      scheduler,
      batch: options.batch,
      seed: Number(options.seed),
      ...guidanceFor(model, options.guidance),
    });
    console.log(formatTable(evaluation, { format: 'terminal', width: displayWidth }));
    const stem = options.out.replace(/\.json$/i, '');
    await writeJson(`${stem}.json`, evaluationJson(evaluation));
    await writeFileAtomic(`${stem}.md`, formatTable(evaluation));
    await saveGrid(stem, exampleGrid(world, evaluation));
    console.log(['json', 'md', 'png', 'svg'].map((ending) => `${stem}.${ending}`).join('\n'));
  } finally {
    await studio.dispose();
  }
}

async function measure(
  { pipeline, students }: Studio,
  world: Awaited<ReturnType<typeof openEmojiWorld>>,
  items: readonly SuiteItem[],
  settings: EvaluationOptions,
): Promise<Evaluation> {
  const systems = defaultSystems(await pipeline.textEncoder(), students);
  const bar = progress({
    total: items.length * systems.length,
    label: word('평가', 'evaluation'),
    unit: word('장', 'pictures'),
  });
  try {
    return await finish(
      evaluatePictures(pipeline, world, items, systems, settings),
      ({ pictures }: EvaluationProgress) => bar.tick(pictures.length, pictures[0]?.system),
    );
  } finally {
    bar.stop();
  }
}

function readSets(text: string): SuiteSet[] {
  return readList(text).map((name) => {
    const set = suiteSets.find((known) => known === name);
    if (set !== undefined) return set;
    throw new InvalidArgumentError(
      t(`${suiteSets.join(', ')} 가운데서 고르세요.`, `Choose among ${suiteSets.join(', ')}.`),
    );
  });
}
