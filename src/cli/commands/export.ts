/**
 * `ksd export`: writes the student of a run as a text encoder that any program which knows Hugging Face's layout opens.
 */
import type { Command } from 'commander';
import { Option } from 'commander';
import { readFloat32 } from '../../checkpoint/tensorEntry.ts';
import { openTextEncoder, type TextEncoderFiles } from '../../checkpoint/textEncoderFolder.ts';
import { writeTextEncoder } from '../../checkpoint/textEncoderWriter.ts';
import { tokenizerFolderOf } from '../../encoders/textEncoder.ts';
import { openTokenizer } from '../../encoders/tokenizerFolder.ts';
import { t } from '../messages.ts';
import { examples } from '../options.ts';
import { findStudent } from '../students.ts';
import { megabytes } from '../units.ts';

interface Options {
  readonly out: string;
  readonly dtype: 'f16' | 'f32';
}

export function addExport(program: Command): void {
  program
    .command('export')
    .description(
      t(
        '학습한 학생을 Hugging Face 텍스트 인코더 폴더로 내보냅니다',
        'write the student of a run as a Hugging Face text encoder',
      ),
    )
    .argument(
      '<run>',
      t('학습 폴더(best를 내보냄) 또는 체크포인트', 'run (its best checkpoint) or checkpoint'),
    )
    .requiredOption('--out <folder>', t('저장할 폴더', 'folder to write'))
    .addOption(
      new Option('--dtype <type>', t('가중치의 자료형', 'type of the weights'))
        .choices(['f16', 'f32'])
        .default('f16'),
    )
    .addHelpText(
      'after',
      examples([
        t('가장 좋은 체크포인트 내보내기', 'the best checkpoint of a run'),
        'ksd export runs/emoji-roberta --out models/students/my-roberta',
      ]),
    )
    .action(exportStudent);
}

async function exportStudent(given: string, { out, dtype }: Options): Promise<void> {
  const { folder } = await findStudent(given);
  const encoder = await openTextEncoder(folder);
  const { files } = await openTokenizer(await tokenizerFolderOf(folder));
  const tensors = await readTensors(encoder);
  await writeTextEncoder(out, {
    config: encoder.config,
    tensors,
    dtype: dtype === 'f16' ? 'F16' : 'F32',
    tokenizerFiles: files,
  });
  const values = tensors.reduce((sum, { data }) => sum + data.length, 0);
  const size = megabytes(values * (dtype === 'f16' ? 2 : 4));
  console.log(t(`${out}에 저장했습니다 (${size})`, `written to ${out} (${size})`));
}

function readTensors({ weights }: TextEncoderFiles) {
  return Promise.all(
    Array.from(weights.tensors, async ([name, entry]) => ({
      name,
      shape: entry.shape,
      data: await readFloat32(entry),
    })),
  );
}
