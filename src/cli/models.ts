/**
 * What `--model` and an experiment's `teacher` must be, said before anything is read: people often have the file of a
 * model, or the folder above it.
 */
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { t } from './messages.ts';
import { isFile } from './packaged.ts';

const index = 'model_index.json';

/** Throws CheckpointError, saying what to give instead, unless `folder` has the layout of diffusers. */
export async function checkModel(folder: string): Promise<void> {
  if (await isFile(join(folder, index))) return;
  if (await isFile(folder)) {
    throw new CheckpointError(
      t(`${folder}은(는) 폴더가 아니라 파일입니다.`, `${folder} is a file, not a folder.`),
      t(
        'diffusers 형식의 폴더를 주세요. 파일 하나로 된 체크포인트는 먼저 그 형식으로 변환해야 합니다.',
        'Give a folder in the layout of diffusers; a checkpoint in one file has to be converted to it first.',
      ),
    );
  }
  const below = join(folder, 'model');
  const suggestion = (await isFile(join(below, index))) ? below : undefined;
  throw new CheckpointError(
    t(`${folder}에 ${index}이 없습니다.`, `There is no ${index} in ${folder}.`),
    suggestion === undefined
      ? t(
          'Stable Diffusion 1.x를 diffusers 형식(model_index.json, text_encoder, tokenizer, unet, vae, scheduler)으로 내려받아 그 폴더를 주세요.',
          'Give the folder of a Stable Diffusion 1.x in the layout of diffusers (model_index.json, text_encoder, tokenizer, unet, vae, scheduler).',
        )
      : t(`${suggestion}을(를) 뜻하셨나요?`, `Did you mean ${suggestion}?`),
  );
}
