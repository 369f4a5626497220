/**
 * `ksd quantize`: writes a model or a text encoder again with int8 weights, a quarter of F32's size.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { isFile } from '../../catalog/packaged.ts';
import { findStudent } from '../../catalog/students.ts';
import {
  type QuantizeOptions,
  quantizeModel,
  quantizeTextEncoder,
  type WeightedPart,
  weightedParts,
} from '../../generation/quantize.ts';
import { exitStatus } from '../failure.ts';
import { onInterrupt } from '../interrupt.ts';
import { t } from '../messages.ts';
import { examples } from '../options.ts';
import { refuseOthers } from '../output.ts';
import { type Progress, progress } from '../progress.ts';
import { megabytes } from '../units.ts';

/** What lies in the folders that this command writes. */
const modelFiles = [
  'model_index.json',
  'scheduler',
  'tokenizer',
  ...weightedParts,
  'safety_checker',
  'feature_extractor',
];
const encoderFiles = ['config.json', 'model.safetensors', 'tokenizer'];

interface Options {
  readonly out: string;
  readonly only: readonly WeightedPart[];
}

export function addQuantize(program: Command): void {
  program
    .command('quantize')
    .description(
      t(
        '모델이나 학생의 가중치를 int8로 줄여 저장합니다',
        'write a model or a student again with int8 weights',
      ),
    )
    .argument(
      '<model>',
      t(
        'Stable Diffusion 1.x(폴더나 파일), 또는 학습 폴더나 텍스트 인코더 폴더',
        'Stable Diffusion 1.x (folder or file), or a run or folder of a text encoder',
      ),
    )
    .requiredOption('--out <folder>', t('저장할 폴더', 'folder to write'))
    .addOption(
      new Option('--only <parts...>', t('모델에서 줄일 부분', 'parts of a model to reduce'))
        .choices(weightedParts)
        .default(['unet', 'text_encoder']),
    )
    .addHelpText(
      'after',
      examples(
        [
          t('U-Net과 텍스트 인코더를 줄이기', 'the U-Net and the text encoder'),
          'ksd quantize models/sd-v1-4 --out models/sd-v1-4-int8',
        ],
        [
          t('파일 하나로 된 모델에서 U-Net만', 'only the U-Net, from a model in one file'),
          'ksd quantize sd-v1-4.ckpt --only unet --out models/sd-v1-4-int8',
        ],
        [t('학생을 줄이기', 'a student'), 'ksd quantize runs/emoji-roberta --out models/students/small'],
      ),
    )
    .action(quantize);
}

async function quantize(given: string, { out, only }: Options): Promise<void> {
  const isModel = (await isFile(given)) || (await isFile(join(given, 'model_index.json')));
  const interrupt = onInterrupt(() => {
    process.stderr.write(`\n${t('멈춥니다.', 'Stopping.')}\n`);
  });
  let bar: Progress | undefined;
  const options: QuantizeOptions = {
    signal: interrupt.signal,
    onTensors: (count, total) => {
      bar ??= progress({ total, label: 'int8', unit: t('텐서', 'tensors') });
      bar.tick(count);
    },
  };
  try {
    await refuseOthers(out, isModel ? modelFiles : encoderFiles);
    if (isModel) await quantizeModel(given, out, only, options);
    else await quantizeTextEncoder((await findStudent(given)).folder, out, options);
    bar?.stop();
    const size = megabytes(await sizeOf(out));
    console.log(t(`${out}에 저장했습니다 (${size})`, `written to ${out} (${size})`));
  } catch (error) {
    bar?.stop();
    if (!interrupt.signal.aborted) throw error;
    console.log(t('저장하지 않았습니다.', 'Nothing was written.'));
    process.exitCode = exitStatus.interrupted;
  } finally {
    interrupt.release();
  }
}

/** Bytes of all files below `folder`. */
async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const files = await Promise.all(names.map((name) => stat(join(folder, name))));
  return files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}
