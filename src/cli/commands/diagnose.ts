/**
 * `ksd diagnose`: why a prompt draws what it draws, as a page, a figure, or numbers for programs.
 */
import type { Command } from 'commander';
import { guidanceFor, isPackagedModel, packagedPairs } from '../../catalog/packaged.ts';
import { chooseStudents } from '../../catalog/students.ts';
import { writeFileAtomic } from '../../checkpoint/atomic.ts';
import { type Pair, readPairs } from '../../corpus/pairs.ts';
import { isStore, openStore } from '../../corpus/store.ts';
import {
  type Diagnosis,
  type DiagnosisRequest,
  type DiagnosisStage,
  diagnose,
  diagnosisJson,
} from '../../evaluation/diagnosis.ts';
import { diagnosisGrid } from '../../evaluation/diagnosisGrid.ts';
import { diagnosisPage } from '../../evaluation/diagnosisPage.ts';
import { distinctPairs, evenly } from '../../evaluation/nearest.ts';
import { finish } from '../../generation/finish.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { diagnosisLines } from '../diagnosisView.ts';
import { openStudio, saveFigure, warnOfFlagged } from '../drawing.ts';
import { t, word } from '../messages.ts';
import {
  addDrawingOptions,
  type DrawingOptions,
  deviceOption,
  examples,
  modelOption,
  type SafetyOptions,
  safetyOption,
  wholeNumber,
} from '../options.ts';
import { type Progress, progress } from '../progress.ts';

interface Options extends DrawingOptions, SafetyOptions {
  readonly reference?: string;
  readonly student?: string;
  readonly model: string;
  readonly pairs?: string;
  readonly pairsCount: number;
  readonly nearest: number;
  readonly out: string;
  readonly figure?: string;
  readonly json?: boolean;
  readonly device: RequestedDevice;
}

export function addDiagnose(program: Command): void {
  const command = program
    .command('diagnose')
    .description(
      t('프롬프트가 왜 엉뚱한 것을 그리는지 살펴봅니다', 'find out why a prompt draws the wrong thing'),
    )
    .argument('<prompt>', t('프롬프트', 'prompt'))
    .option('--reference <english>', t('같은 뜻의 영어', 'the same in English'))
    .option(
      '--student <student>',
      t('학생 모델 (none: 모델 자신의 인코더)', 'student (none: the encoder of the model)'),
    )
    .addOption(modelOption())
    .option(
      '--pairs <file>',
      t(
        '가까운 문장을 찾을 쌍: JSONL 파일이나 말뭉치 폴더 (내장 모델은 그 학습 쌍)',
        'pairs to look for near sentences in: a JSONL file or a corpus (default with the packaged model: what its students learnt)',
      ),
    )
    .option('--pairs-count <n>', t('그 가운데 몇 쌍을 볼지', 'how many of them'), wholeNumber(1), 2000)
    .option('--nearest <n>', t('가까운 문장을 몇 개 보일지', 'near sentences to show'), wholeNumber(1), 5);
  addDrawingOptions(command)
    .option('--out <file>', t('HTML 파일', 'HTML file'), 'out/diagnose.html')
    .option('--figure <file>', t('그림 한 장으로도 저장 (PNG와 SVG)', 'also as one figure, PNG and SVG'))
    .option('--json', t('요약 대신 JSON', 'JSON in place of the summary'))
    .addOption(safetyOption())
    .addOption(deviceOption())
    .addHelpText(
      'after',
      examples(
        [
          t('영어 기준문과 함께', 'beside the same in English'),
          'ksd diagnose "파란색 배경의 빨간 사과" --reference "a red apple on a blue background"',
        ],
        [
          t('기준문 없이, 다른 학생으로', 'without, by another student'),
          'ksd diagnose "빨간 사과" --student runs/mine',
        ],
        [
          t('프로그램에서', 'for programs'),
          'ksd diagnose "빨간 사과" --reference "a red apple" --json > diagnosis.json',
        ],
      ),
    )
    .action(diagnosePrompt);
}

async function diagnosePrompt(prompt: string, options: Options): Promise<void> {
  const { model, scheduler, device, student, reference, nearest, steps, seed, safetyChecker } = options;
  const pairs = await pairsOf(options);
  const students = await chooseStudents(student === undefined ? undefined : [student], model);
  const studio = await openStudio({ device, model, scheduler, safetyChecker }, students);
  try {
    const { pipeline } = studio;
    const textEncoder = studio.students[0] ?? (await pipeline.textEncoder());
    const request: DiagnosisRequest = {
      ...{ pipeline, textEncoder, prompt, nearest, steps, seed },
      ...(reference === undefined ? {} : { reference }),
      ...(pairs ? { pairs } : {}),
      ...guidanceFor(model, options.guidance),
    };
    await report(await watched(request), options);
  } finally {
    await studio.dispose();
  }
}

async function report(diagnosis: Diagnosis, { out, figure, json }: Options): Promise<void> {
  const page = out.replace(/(\.html?)?$/i, '.html');
  await writeFileAtomic(page, diagnosisPage(diagnosis));
  const files = [page];
  if (figure !== undefined) files.push(...(await saveFigure(figure, diagnosisGrid(diagnosis))));
  const { drawing, referenceDrawing } = diagnosis;
  warnOfFlagged([drawing, ...(referenceDrawing ? [referenceDrawing] : [])].map(({ flagged }) => flagged));
  if (json) {
    console.log(JSON.stringify(diagnosisJson(diagnosis), null, 2));
    return;
  }
  console.log([...diagnosisLines(diagnosis), '', ...files].join('\n'));
}

/** A bar for each stage. */
async function watched(request: DiagnosisRequest): Promise<Diagnosis> {
  const labels: Record<DiagnosisStage, readonly [label: string, unit: string]> = {
    pairs: [word('쌍 읽기', 'pairs'), word('쌍', 'pairs')],
    drawing: [word('그리기', 'drawing'), word('스텝', 'steps')],
    conditioning: [word('조건 재기', 'conditioning'), word('스텝', 'steps')],
  };
  let bar: Progress | undefined;
  let shown = 0;
  try {
    return await finish(diagnose(request), ({ stage, done, total }) => {
      const [label, unit] = labels[stage];
      bar ??= progress({ total, label, unit });
      bar.tick(done - shown);
      shown = done;
      if (done < total) return;
      bar.stop();
      [bar, shown] = [undefined, 0];
    });
  } finally {
    bar?.stop();
  }
}

/** An even part of the pairs of a file, the first ones of a corpus, whose order is random. */
async function pairsOf({ pairs: given, pairsCount, model }: Options): Promise<Pair[] | undefined> {
  const path = given ?? (isPackagedModel(model) ? packagedPairs : undefined);
  if (path === undefined) return undefined;
  if (!(await isStore(path))) return evenly(distinctPairs(await readPairs(path)), pairsCount);
  const store = await openStore(path);
  try {
    const pairs: Pair[] = [];
    for await (const { en, ko } of store.pairs(pairsCount)) {
      for (const [i, english] of en.entries()) pairs.push({ en: english, ko: ko[i] as string });
    }
    return pairs;
  } finally {
    store.close();
  }
}
