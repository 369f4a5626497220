/**
 * `ksd demo`: on a fresh machine, without any download, the picture that shows what this project does.
 */
import type { Command } from 'commander';
import { CheckpointError } from '../../errors.ts';
import { type Comparison, comparisonGrid, type PromptPair, saveGrid } from '../../generation/compare.ts';
import type { PictureGrid } from '../../pictures/grid.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { drawComparison, openStudio } from '../drawing.ts';
import { t, word } from '../messages.ts';
import { deviceOption, examples, readList } from '../options.ts';
import { packagedModel } from '../packaged.ts';
import { chooseStudents } from '../students.ts';
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
        '기본 제공 이모지 모델로 한국어 이해 전후를 그려 보입니다',
        'draw what the packaged model makes of Korean before and after distillation',
      ),
    )
    .option(
      '--out <file>',
      t('PNG 파일; SVG도 옆에 씁니다', 'PNG file; an SVG is written beside it'),
      'out/demo.png',
    )
    .option('--students <a,b>', t('학생 모델 (기본: roberta)', 'students (default: roberta)'), readList)
    .addOption(deviceOption())
    .addHelpText('after', examples([t('out/demo.png를 만듭니다', 'makes out/demo.png'), 'ksd demo']))
    .action(demo);
}

async function demo({ out, device, students: names }: Options): Promise<void> {
  const began = performance.now();
  const chosen = await chooseStudents(names, packagedModel.folder);
  if (chosen.length === 0) {
    throw new CheckpointError(
      'There is no student to show.',
      'Train one with `ksd distill`, then write it to models/students with `ksd export`.',
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
    const stem = out.replace(/\.(png|svg)$/i, '');
    await saveGrid(stem, figure(comparison, chosen.map(({ name }) => name).join(', ')));
    console.log(`${stem}.png`);
    explain(seconds(performance.now() - began));
  } finally {
    await studio.dispose();
  }
}

/** Rows say which combinations are new to U-Net and student. */
function figure(comparison: Comparison, students: string): PictureGrid {
  const grid = comparisonGrid(comparison, {
    title: '한국어를 배우기 전과 후 · before and after learning Korean',
    subtitle: `emoji-sd, 학생 ${students} · ${settings.steps}단계 UniPC, guidance ${settings.guidance}, seed ${settings.seed}`,
    footnote:
      '★ 이 사물과 배경색의 조합은 U-Net도 학생도 학습하지 않았습니다 · neither U-Net nor student was trained on this object with this colour',
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
      `줄마다 같은 잡음에서 시작한 그림입니다: 원본에 영어, 원본에 한국어(전), 학생에 한국어(후), 학생에 영어. ${time} 걸렸습니다.`,
      `Each row starts from the same noise: original + English, original + Korean (before), student + Korean (after), student + English. It took ${time}.`,
    )}\n`,
  );
}
