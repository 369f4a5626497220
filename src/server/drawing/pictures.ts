/**
 * What jobs show and hand over: PNG files, with what they say of how they were made.
 */
import { pictureFile, pictureText } from '../../generation/picture.ts';
import type { Generation, GenerationStep } from '../../generation/pipeline.ts';
import { previewOf } from '../../generation/previewImage.ts';
import type { Image } from '../../pictures/image.ts';
import { encodePng } from '../../pictures/png.ts';
import { describeParameters } from '../gallery/parameters.ts';
import type { OpenModel } from './studio.ts';
import type { DrawnPicture } from './task.ts';

/** Picture number `index` of a generation; `student`: the name that it was asked for by, `none` for the model's own. */
export function drawnPicture(
  image: Image,
  generation: Generation,
  index: number,
  { student, flagged }: { readonly student: string; readonly flagged: boolean },
): DrawnPicture {
  const described = describeParameters(pictureText(generation, index));
  // The file names samplers as other programs do; requests take the short names.
  const parameters = { ...described, student, scheduler: generation.scheduler };
  return { png: pictureFile(image, generation, index), flagged, parameters };
}

/** What the pictures of a step would be if its prediction were right, as PNG files. */
export async function previewsOf(
  { pipeline, previews }: OpenModel,
  { predictedOriginal }: GenerationStep,
): Promise<Uint8Array[]> {
  const latents = predictedOriginal();
  const files: Uint8Array[] = [];
  for (let i = 0; i < (latents.shape[0] ?? 0); i++) {
    files.push(encodePng(await previewOf(pipeline, previews, latents, i)));
  }
  return files;
}
