/**
 * What `--model` and an experiment's `teacher` must be, said before anything is read: people often give the folder above a
 * model.
 */
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { t } from './messages.ts';
import { isFile } from './packaged.ts';

const index = 'model_index.json';

/** Throws CheckpointError, saying what to give instead, unless `folder` has the layout of diffusers or is a file. */
export async function checkModel(folder: string): Promise<void> {
  if (await isFile(join(folder, index))) return;
  // What kind of file it is shows when it is opened.
  if (await isFile(folder)) return;
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
