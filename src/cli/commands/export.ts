/**
 * `ksd export`: writes the student of a run for other programs: a text encoder in Hugging Face's layout, or a whole
 * pipeline of diffusers.
 */
import type { Command } from 'commander';
import { Option } from 'commander';
import { checkModel } from '../../catalog/models.ts';
import { findStudent } from '../../catalog/students.ts';
import {
  type Exported,
  exportForDiffusers,
  exportForTransformers,
  exportStudent,
} from '../../encoders/exporting.ts';
import { InputError } from '../../errors.ts';
import { t, word } from '../messages.ts';
import { examples, modelOption } from '../options.ts';
import { progress } from '../progress.ts';
import { megabytes } from '../units.ts';

interface Options {
  readonly out: string;
  readonly dtype: 'f16' | 'f32';
  readonly to?: 'diffusers' | 'transformers';
  readonly model: string;
  readonly link?: true;
}

export function addExport(program: Command): void {
  program
    .command('export')
    .description(
      t(
        '학습한 학생을 Hugging Face 텍스트 인코더나 diffusers 모델 폴더로 내보냅니다',
        'write the student of a run as a Hugging Face text encoder or a diffusers pipeline',
      ),
    )
    .argument(
      '<run>',
      t(
        '학습 폴더(best를 내보냄), 체크포인트 또는 내장 학생',
        'run (its best checkpoint), checkpoint or packaged student',
      ),
    )
    .requiredOption('--out <folder>', t('저장할 폴더', 'folder to write'))
    .addOption(
      new Option('--dtype <type>', t('텍스트 인코더 가중치의 자료형', "type of the text encoder's weights"))
        .choices(['f16', 'f32'])
        .default('f16'),
    )
    .addOption(
      new Option(
        '--to <program>',
        t(
          'transformers: AutoModel로 여는 폴더, diffusers: U-Net과 VAE까지 담은 모델 폴더 (생략하면 ksd의 학생)',
          'transformers: a folder for AutoModel; diffusers: a whole pipeline (default: a student for ksd)',
        ),
      ).choices(['transformers', 'diffusers']),
    )
    .addOption(modelOption())
    .option(
      '--link',
      t(
        '--to diffusers에서 모델 파일을 복사하지 않고 하드 링크로 저장',
        'with --to diffusers: hard links to the files of the model, not copies',
      ),
    )
    .addHelpText(
      'after',
      examples(
        [
          t('가장 좋은 체크포인트 내보내기', 'the best checkpoint of a run'),
          'ksd export runs/emoji-roberta --out models/students/my-roberta',
        ],
        [
          t('Python의 transformers에서 쓰기', 'for transformers in Python'),
          'ksd export runs/emoji-roberta --to transformers --out out/encoder',
        ],
        [
          t('Python의 diffusers에서 쓰기', 'for diffusers in Python'),
          'ksd export runs/roberta-250k --to diffusers --model models/stable-diffusion-v1-4 --link --out out/korean-sd',
        ],
      ),
    )
    .action(runExport);
}

async function runExport(given: string, options: Options): Promise<void> {
  const { out, dtype, to } = options;
  if (options.link && to !== 'diffusers') {
    throw new InputError(
      t('--link는 --to diffusers와 함께만 쓸 수 있습니다.', '--link has a meaning only with --to diffusers.'),
      t('--to diffusers를 더하거나 --link를 빼 주세요.', 'Add --to diffusers, or leave out --link.'),
    );
  }
  const { folder } = await findStudent(given);
  const type = { dtype: dtype === 'f16' ? 'F16' : 'F32' } as const;
  const { parameters } = await writeFor(to, folder, out, { ...options, ...type });
  const size = megabytes(parameters * (dtype === 'f16' ? 2 : 4));
  console.log(t(`${out}에 저장했습니다 (텍스트 인코더 ${size})`, `written to ${out} (text encoder ${size})`));
}

async function writeFor(
  to: Options['to'],
  folder: string,
  out: string,
  { dtype, model, link = false }: { dtype: 'F16' | 'F32'; model: string; link?: boolean },
): Promise<Exported> {
  if (to === 'transformers') return exportForTransformers(folder, out, { dtype });
  if (to === undefined) return exportStudent(folder, out, { dtype });
  await checkModel(model);
  let bar: ReturnType<typeof progress> | undefined;
  const onFile = (_done: number, total: number) => {
    bar ??= progress({ total, label: word('복사', 'copying'), unit: word('파일', 'files') });
    bar.tick();
  };
  try {
    return await exportForDiffusers(folder, out, { dtype, model, link, onFile });
  } finally {
    bar?.stop();
  }
}
