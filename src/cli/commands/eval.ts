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
        '프롬프트대로 그린 비율을 잽니다 (이모지 모델 전용)',
        'measure how often the right thing is drawn (emoji models)',
      ),
    )
    .argument('[students...]', t('학생 모델들', 'students'))
    .option(
      '--sets <a,b>',
      t(
        `문제 종류: ${suiteSets.join(', ')} (기본 모두)`,
        `sets of prompts: ${suiteSets.join(', ')} (default all)`,
      ),
      readSets,
    )
    .option(
      '--count <n>',
      t('종류마다 물을 사물 수, 최대 51', 'objects a set, at most 51'),
      wholeNumber(1),
      12,
    )
    .addOption(modelOption());
  addDrawingOptions(command)
    .option('--batch <n>', t('한 번에 그릴 장수', 'pictures at once'), wholeNumber(1), 8)
    .option(
      '--out <file>',
      t('JSON 파일 (표와 예시 그림도 함께 저장)', 'JSON file; table and examples beside it'),
      'out/eval.json',
    )
    .addOption(deviceOption())
    .addHelpText(
      'after',
      examples(
        [t('내장 학생', 'the packaged student'), 'ksd eval'],
        [
          t('학생 둘을 모든 사물로', 'two students, every object'),
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
      t(`다음 중에서 고르세요: ${suiteSets.join(', ')}.`, `Choose among ${suiteSets.join(', ')}.`),
    );
  });
}
