/**
 * What `--model` and an experiment's `teacher` must be, said before anything is read: people often give the folder above a
 * model, or the name of one that is not fetched yet.
 */
import { basename, join } from 'node:path';
import { isThere } from '../checkpoint/file.ts';
import { CheckpointError } from '../errors.ts';
import { readManifest } from '../hub/manifest.ts';
import { usualFolder } from '../hub/place.ts';
import { t } from '../language.ts';
import { isFile } from './packaged.ts';

const index = 'model_index.json';

/** Throws CheckpointError, saying what to give instead, unless `folder` has the layout of diffusers or is a file. */
export async function checkModel(folder: string): Promise<void> {
  if (await isFile(join(folder, index))) return;
  // What kind of file it is shows when it is opened.
  if (await isFile(folder)) return;
  const hint = await pullHint(folder);
  const below = join(folder, 'model');
  const suggestion = (await isFile(join(below, index))) ? below : undefined;
  throw new CheckpointError(
    t(`${folder}에 ${index}이 없습니다.`, `There is no ${index} in ${folder}.`),
    suggestion === undefined
      ? (hint ??
          t(
            'Stable Diffusion 1.x를 diffusers 형식(model_index.json, text_encoder, tokenizer, unet, vae, scheduler)으로 내려받아 그 폴더를 주세요.',
            'Give the folder of a Stable Diffusion 1.x in the layout of diffusers (model_index.json, text_encoder, tokenizer, unet, vae, scheduler).',
          ))
      : t(`${suggestion}을(를) 뜻하셨나요?`, `Did you mean ${suggestion}?`),
  );
}

/** Models of the Hub that experiments name by the folder that `ksd pull` makes. */
const wellKnown: readonly string[] = ['CompVis/stable-diffusion-v1-4', 'klue/roberta-small'];

/** What to do where a model is not there, or not all of it, that the Hub may have; undefined for other paths. */
export async function pullHint(path: string): Promise<string | undefined> {
  const manifest = await readManifest(path);
  if (manifest?.complete === false) {
    const command = `ksd pull ${manifest.repo}@${manifest.revision} --out ${path}`;
    return t(
      `다 받지 못한 모델입니다. 처음과 같은 옵션으로 이어서 받으세요: ${command}`,
      `It was not fetched to its end; go on, with the options of the first time: ${command}`,
    );
  }
  if (await isThere(path)) return undefined;
  const id = wellKnown.find((one) => basename(one) === basename(path)) ?? (await nameOnHub(path));
  return id === undefined
    ? undefined
    : t(
        `허브의 모델이라면 \`ksd pull ${id}\`로 내려받은 뒤 ${usualFolder(id)}을(를) 주세요.`,
        `If it is a model of the Hugging Face Hub, fetch it with \`ksd pull ${id}\` and give ${usualFolder(id)}.`,
      );
}

/** `path` if it looks like `org/name` rather than like a place in a folder that is here. */
async function nameOnHub(path: string): Promise<string | undefined> {
  const [org = ''] = path.split('/');
  return /^\w[\w-]*\/\w[\w.-]*$/.test(path) && !(await isThere(org)) ? path : undefined;
}
