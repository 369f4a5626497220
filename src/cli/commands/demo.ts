/**
 * `ksd demo`: on a fresh machine, without any download, the picture that shows what this project does.
 */
import type { Command } from 'commander';
import { packagedModel } from '../../catalog/packaged.ts';
import { chooseStudents } from '../../catalog/students.ts';
import { CheckpointError } from '../../errors.ts';
import { type Comparison, comparisonGrid, type PromptPair } from '../../generation/compare.ts';
import type { PictureGrid } from '../../pictures/grid.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { drawComparison, openStudio, saveFigure } from '../drawing.ts';
import { t, word } from '../messages.ts';
import { deviceOption, examples, readList } from '../options.ts';
import { seconds } from '../units.ts';

interface Options {
  readonly students?: string[];
  readonly out: string;
  readonly device: RequestedDevice;
}

/** In the words of the captions. Held out: this object on this colour was in no training caption of U-Net, teacher or student. */
const prompts: readonly (PromptPair & { readonly heldOut?: boolean })[] = [
  { ko: '파란색 배경의 빨간 사과', en: 'a red apple on a blue background' },
  { ko: '노란색 배경의 강아지 얼굴', en: 'a dog face on a yellow background' },
  { ko: '검은 배경의 무지개', en: 'a rainbow on a black background' },
  { ko: '파란색 배경의 판다 얼굴', en: 'a panda on a blue background', heldOut: true },
  { ko: '노란색 배경의 고래', en: 'a whale on a yellow background', heldOut: true },
  { ko: '보라색 배경의 해바라기', en: 'a sunflower on a purple background', heldOut: true },
];

const settings = { scheduler: 'unipc', steps: 25, guidance: packagedModel.guidance, seed: 1 } as const;

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description(
      t(
        '한국어를 배우기 전과 후를 내장 이모지 모델로 그립니다',
        'draw what the packaged model makes of Korean before and after distillation',
      ),
    )
    .option(
      '--out <file>',
      t('PNG 파일 (SVG도 함께 저장)', 'PNG file; an SVG is written beside it'),
      'out/demo.png',
    )
    .option(
      '--students <a,b>',
      t(
        '학생 모델, 쉼표로 구분 (기본 roberta-robust)',
        'students, separated by commas (default roberta-robust)',
      ),
      readList,
    )
    .addOption(deviceOption())
    .addHelpText('after', examples([t('out/demo.png 만들기', 'makes out/demo.png'), 'ksd demo']))
    .action(demo);
}

async function demo({ out, device, students: names }: Options): Promise<void> {
  const began = performance.now();
  const chosen = await chooseStudents(names, packagedModel.folder);
  if (chosen.length === 0) {
    throw new CheckpointError(
      t('보여 줄 학생 모델이 없습니다.', 'There is no student to show.'),
      t(
        '`ksd distill experiments/emoji-roberta.yaml`로 학습한 뒤 `ksd demo --students runs/emoji-roberta`를 실행하세요.',
        'Train one with `ksd distill experiments/emoji-roberta.yaml`, then run `ksd demo --students runs/emoji-roberta`.',
      ),
    );
  }
  const { scheduler, steps, guidance, seed } = settings;
  const studio = await openStudio({ device, model: packagedModel.folder, scheduler }, chosen);
  const { pipeline, students } = studio;
  try {
    const comparison = await drawComparison(
      { pipeline, students, prompts, seeds: [seed], steps, guidance, batch: prompts.length },
      word('그리기', 'drawing'),
    );
    const [png] = await saveFigure(out, figure(comparison, chosen.map(({ name }) => name).join(', ')));
    console.log(png);
    explain(seconds(performance.now() - began));
  } finally {
    await studio.dispose();
  }
}

/** Rows say which combinations are new to U-Net and student. */
function figure(comparison: Comparison, students: string): PictureGrid {
  const grid = comparisonGrid(comparison, {
    title: '한국어를 배우기 전과 후 · before and after learning Korean',
    subtitle: `emoji-sd, 학생 student ${students} · UniPC ${settings.steps} steps, guidance ${settings.guidance}, seed ${settings.seed}`,
    footnote:
      '★ U-Net도 학생도 학습하지 않은 사물과 배경색의 조합 · neither U-Net nor student was trained on this object with this colour',
  });
  const rows = grid.rows.map((row, i) => ({
    ...row,
    label: prompts[i]?.heldOut ? row.label.replace('\n', ' ★\n') : row.label,
  }));
  return { ...grid, rows };
}

function explain(time: string): void {
  process.stderr.write(
    `${t(
      `한 줄은 모두 같은 노이즈에서 시작했습니다. 왼쪽부터 원본에 영어, 원본에 한국어(전), 학생에 한국어(후), 학생에 영어를 준 그림입니다. ${time}초 걸렸습니다.`,
      `Each row starts from the same noise: original + English, original + Korean (before), student + Korean (after), student + English. It took ${time} s.`,
    )}\n`,
  );
}
