/**
 * What a picture is asked for with, checked and completed: the one place that knows the defaults.
 */
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { InputError } from '../errors.ts';
import type { Image } from '../pictures/image.ts';
import type { NoiseSource } from '../schedulers/scheduler.ts';
import type { Conditions } from './guidance.ts';
import { checkMask } from './inpaint.ts';
import { checkSize, type Seed, type Size, seedsOf } from './latents.ts';
import { type PromptOptions, type PromptSettings, promptSettings } from './prompting.ts';

export interface GenerationRequest extends PromptOptions {
  /** One or several; the empty prompt is allowed and draws whatever the model likes. */
  readonly prompt: string | readonly string[];
  /** One for all prompts or one for each; empty by default. */
  readonly negativePrompt?: string | readonly string[];
  /** Pictures of each prompt, 1 by default. */
  readonly batch?: number;
  /** Of the first picture, the others take the next ones; or one for each picture. 0 by default. */
  readonly seed?: Seed | readonly Seed[];
  /** 25 by default. */
  readonly steps?: number;
  /** How strongly the prompt outweighs the negative prompt: 7.5 by default, 1 leaves the negative one out. */
  readonly guidance?: number;
  /** A short name as in src/schedulers/names.ts, or a class of diffusers; the pipeline's own by default. */
  readonly scheduler?: string;
  /** Share of fresh noise in the steps, 0 to 1, for samplers that have one (DDIM, TCD, ancestral ones, DPM++ SDE). */
  readonly eta?: number;
  /** Pixels; by default those of `initImage`, else the side that the model was trained on. */
  readonly width?: number;
  readonly height?: number;
  /** Instead of the model's own: a student, for example. Prompt and negative prompt both go through it. */
  readonly textEncoder?: TextEncoder;
  /** Instead of encoding the prompts: states [pictures, tokens, crossAttentionDim]. */
  readonly conditions?: Conditions;
  /** Image to image: the picture to start from, enlarged or shrunk where width and height say otherwise. */
  readonly initImage?: Image;
  /** Inpainting: white where `initImage` is to be drawn anew, black where it stays; grey mixes the two. */
  readonly mask?: Image;
  /** Image to image: how much is drawn anew, above 0 to 1; 0.8 by default, 1 with a mask. */
  readonly strength?: number;
  /**
   * Instead of what the seeds give: noise for all pictures, in the order in which it is drawn (image to image draws
   * latents of the picture first; then the noise of the start; with a mask, then latents of the masked picture; then the
   * noise of the steps. A model for inpainting at strength 1 leaves out the first.
   */
  readonly noise?: NoiseSource;
  /** Stops the run before its next model call. */
  readonly signal?: AbortSignal;
}

/** A request without anything left open; lists have one entry for each picture. */
export interface Settings extends PromptSettings {
  readonly prompts: readonly string[];
  readonly negativePrompts: readonly string[];
  readonly seeds: readonly Seed[];
  readonly steps: number;
  readonly guidance: number;
  readonly width: number;
  readonly height: number;
  /** Only in image to image. */
  readonly strength?: number;
  /** Only if the request has one. */
  readonly eta?: number;
}

export interface ModelSizes {
  /** Pixels of a side as the model was trained. */
  readonly side: number;
  /** Pixels a latent, along a side. */
  readonly factor: number;
}

const mostPictures = 256;

/** Throws InputError naming the field that cannot be served; steps, strength and eta are the sampler's to check. */
export function settle(request: GenerationRequest, { side, factor }: ModelSizes): Settings {
  const { batch = 1, seed = 0, steps = 25, guidance = 7.5, initImage } = request;
  const given = listOf('prompt', request.prompt);
  const negatives = listOf('negative prompt', request.negativePrompt ?? '');
  const pictures = given.length * batch;
  require(Number.isInteger(batch) &&
    batch >= 1 &&
    pictures >= 1 &&
    pictures <=
      mostPictures, `${given.length} prompts with ${batch} pictures each cannot be drawn at once.`, `Ask for 1 to ${mostPictures} pictures.`);
  require(negatives.length === 1 ||
    negatives.length ===
      given.length, `There are ${negatives.length} negative prompts for ${given.length} prompts.`, 'Give one for all, or one for each.');
  require(Number.isFinite(
    guidance,
  ), `The guidance ${guidance} is not a number.`, 'Use one such as 5 or 7.5.');
  const size: Size = {
    width: request.width ?? initImage?.width ?? side,
    height: request.height ?? initImage?.height ?? side,
  };
  checkSize(size, factor);
  if (request.mask) {
    require(initImage !==
      undefined, 'There is a mask, but no picture.', 'Give the picture that it belongs to.');
    checkMask(request.mask, initImage);
  }
  require(request.strength === undefined ||
    initImage !==
      undefined, `There is the strength ${request.strength}, but no picture to start from.`, 'Give a picture (initImage, --init), or leave the strength out.');
  const each = <Value>(values: readonly Value[]) =>
    Array.from({ length: pictures }, (_, i) => values[Math.floor(i / batch) % values.length] as Value);
  return {
    prompts: each(given),
    negativePrompts: each(negatives),
    seeds: seedsOf(seed, pictures),
    steps,
    guidance,
    ...size,
    ...promptSettings(request),
    ...(request.eta === undefined ? {} : { eta: request.eta }),
    ...(initImage ? { strength: request.strength ?? (request.mask ? 1 : 0.8) } : {}),
  };
}

function listOf(field: string, value: string | readonly string[]): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const text of list) {
    require(typeof text === 'string', `A ${field} is ${JSON.stringify(text)}.`, 'Give texts.');
  }
  return list as readonly string[];
}

function require(condition: boolean, problem: string, remedy: string): asserts condition {
  if (!condition) throw new InputError(problem, remedy);
}
