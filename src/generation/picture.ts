/**
 * A generated picture as a PNG file that tells how it was made, in the form that other Stable Diffusion programs read.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../checkpoint/atomic.ts';
import type { Image } from '../pictures/image.ts';
import { formatParameters, type GenerationParameters, parametersKeyword } from '../pictures/parameters.ts';
import { encodePng } from '../pictures/png.ts';
import { samplerLabel } from '../schedulers/names.ts';
import { loraTag } from '../text/loraTags.ts';
import type { Seed } from './latents.ts';
import type { Drawn, Generation } from './pipeline.ts';
import { recordedAs } from './recipe.ts';

/** Words of the prompt in a file's name, in characters. */
const slugLength = 40;

/** What the file of picture number `index` says of how it was made. */
function parametersOf(generation: Generation, index: number): GenerationParameters {
  const { prompts, negativePrompts, seeds, steps, guidance, scheduler } = generation;
  return {
    // Other programs read from the prompt which LoRAs there were.
    prompt: [prompts[index] ?? '', ...generation.loras.map(loraTag)].join(' ').trim(),
    negativePrompt: negativePrompts[index] ?? '',
    steps,
    sampler: samplerLabel(scheduler),
    cfgScale: guidance,
    seed: shortSeed(seeds[index] ?? 0),
    width: generation.width,
    height: generation.height,
    model: generation.model,
    extra: extraOf(generation),
  };
}

function extraOf(generation: Generation): Record<string, string> {
  const { textEncoder, strength, eta, clipSkip, promptSyntax, longPrompts } = generation;
  return {
    [recordedAs.textEncoder]: textEncoder,
    ...(strength === undefined ? {} : { [recordedAs.strength]: String(strength) }),
    ...(eta === undefined ? {} : { [recordedAs.eta]: String(eta) }),
    ...(clipSkip === undefined ? {} : { [recordedAs.clipSkip]: String(clipSkip) }),
    ...(promptSyntax === 'plain' ? { [recordedAs.emphasis]: 'None' } : {}),
    ...(longPrompts === 'cut' ? { [recordedAs.longPrompts]: longPrompts } : {}),
  };
}

/** The text that tells how picture number `index` was made. */
export function pictureText(generation: Generation, index: number): string {
  return formatParameters(parametersOf(generation, index));
}

/** The PNG file of a picture. Korean text is kept as it is. */
export function pictureFile(image: Image, generation: Generation, index: number): Uint8Array {
  return encodePng(image, { [parametersKeyword]: pictureText(generation, index) });
}

/**
 * Writes the pictures into `folder`, which is made where it is missing, and returns their paths. Names are
 * `00001-<seed>-<words of the prompt>.png`; numbers go on from the highest one in the folder.
 * Throws CheckpointError if the file system refuses.
 */
export async function savePictures(folder: string, { images, generation }: Drawn): Promise<string[]> {
  const first = await nextNumber(folder);
  const paths = images.map((_, index) => join(folder, fileName(first + index, generation, index)));
  for (const [index, image] of images.entries()) {
    await writeFileAtomic(paths[index] as string, pictureFile(image, generation, index));
  }
  return paths;
}

async function nextNumber(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const numbers = names.map((name) => Number(/^(\d{5,9})-.*\.png$/.exec(name)?.[1] ?? 0));
  return numbers.reduce((most, number) => Math.max(most, number), 0) + 1;
}

function fileName(number: number, { seeds, prompts }: Generation, index: number): string {
  const words = [...slug(prompts[index] ?? '')].slice(0, slugLength).join('').replace(/-$/, '');
  const parts = [String(number).padStart(5, '0'), String(seeds[index] ?? 0), ...(words ? [words] : [])];
  return `${parts.join('-')}.png`;
}

/** Letters and digits of any script, composed, and hyphens for the rest. */
function slug(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-/, '');
}

/** A seed that a number cannot hold, as one that draws the same picture: PyTorch seeds with the low 32 bits only. */
function shortSeed(seed: Seed): number {
  return typeof seed === 'number' ? seed : Number(BigInt.asUintN(32, seed));
}
