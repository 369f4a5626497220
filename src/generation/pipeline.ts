/**
 * Stable Diffusion put together: from a request to latents, and from latents to pictures.
 *
 * The models are functions that it is given, so it knows no engine and no files and runs in a browser as it does in
 * Node; folder.ts gives it those of a folder.
 */
import type { TextEncoder } from '../encoders/textEncoder.ts';
import { InputError } from '../errors.ts';
import { type AppliedLora, loraWarnings } from '../lora/applied.ts';
import { type Image, imagesFromTensor, solid, tensorFromImage } from '../pictures/image.ts';
import { resize } from '../pictures/resize.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import type { SchedulerConfig } from '../schedulers/config.ts';
import { samplerConfig } from '../schedulers/names.ts';
import { createSampler } from '../schedulers/sampler.ts';
import type { NoiseSource, Sampler } from '../schedulers/scheduler.ts';
import { checkWidth, encodePrompts } from './conditions.ts';
import { finish } from './finish.ts';
import { type Conditions, guided, type Unet } from './guidance.ts';
import type { ReadAttention } from './heatMaps.ts';
import { keepOutside, latentMask, maskedPicture, pasteInto, withMask } from './inpaint.ts';
import { checkLatents, pictureNoise, type Size } from './latents.ts';
import { predictedOriginal } from './preview.ts';
import { type GenerationRequest, type Settings, settle } from './request.ts';
import { type Sampling, type Step, sample } from './sample.ts';
import { drawLatents, type EncodedPicture, noisedPicture, pureNoise, scaledNoise } from './start.ts';

/** The models of a pipeline, as functions, and what has to be known of them. */
export interface PipelineParts {
  /** For people, and for the text in a picture's file. */
  readonly name: string;
  /** scheduler_config.json of the model. */
  readonly schedulerConfig: unknown;
  /** The sampler for requests that name none; without it, the one in `schedulerConfig`. */
  readonly scheduler?: string;
  readonly latentChannels: number;
  /** The U-Net was trained for inpainting: it reads latents, mask and masked latents. */
  readonly readsMask: boolean;
  /** Pixels of a side as the model was trained. */
  readonly side: number;
  /** Pixels a latent, along a side. */
  readonly factor: number;
  /** The denoiser works on latents times this. */
  readonly scalingFactor: number;
  readonly crossAttentionDim: number;
  /** What the models were changed by; nothing by default. */
  readonly loras?: readonly AppliedLora[];
  readonly unet: Unet;
  /** Where the U-Net reads each token; opened when it is first asked for. */
  readonly attentionMaps: ReadAttention;
  /** What should be brought to the notice of whoever draws with this model. */
  readonly warnings?: readonly string[];
  /** For each picture, whether it must not be shown. */
  readonly flag?: (images: readonly Image[]) => Promise<readonly boolean[]>;
  /** Latents [1, channels, h, w], not scaled, to a picture [1, 3, h * factor, w * factor] in about [-1, 1]. */
  decode(latents: FloatTensor): Promise<FloatTensor>;
  /** A picture [1, 3, height, width] in [-1, 1] to the distribution of its latents. */
  encode(picture: FloatTensor): Promise<EncodedPicture>;
  /** The model's own text encoder, opened when it is first asked for. */
  textEncoder(): Promise<TextEncoder>;
  dispose(): Promise<void>;
}

/** How pictures were made: enough to make them again. */
export interface Generation extends Settings {
  readonly model: string;
  readonly textEncoder: string;
  readonly loras: readonly AppliedLora[];
  /** As the request named it, or the class of the model's own. */
  readonly scheduler: string;
  /** What should be brought to the user's notice, such as prompts that were cut. */
  readonly warnings: readonly string[];
}

export interface GenerationStep extends Step {
  /** The same object in every step. */
  readonly generation: Generation;
  /** What the picture would be if the prediction of this step were right, as latents: decode it for a preview. */
  predictedOriginal(): FloatTensor;
}

export interface Generated {
  readonly generation: Generation;
  /** [pictures, channels, h, w] */
  readonly latents: FloatTensor;
}

/** Pictures as they may be shown. */
export interface CheckedPictures {
  readonly images: readonly Image[];
  /** For each picture, whether the safety checker blacked it out; all false without one. */
  readonly flagged: readonly boolean[];
}

export interface Drawn extends Generated, CheckedPictures {}

export interface Pipeline
  extends Pick<
    PipelineParts,
    'name' | 'side' | 'factor' | 'textEncoder' | 'unet' | 'attentionMaps' | 'encode'
  > {
  /**
   * Draws latents, yielding after each model call. Throws InputError for a request that cannot be served, ConfigError
   * for a text encoder of another width or an unknown scheduler, and the reason of `signal` once it is aborted.
   */
  generate(request: GenerationRequest): AsyncGenerator<GenerationStep, Generated, undefined>;
  /** All of `generate`, then `decodeChecked`. */
  draw(request: GenerationRequest, onStep?: (step: GenerationStep) => unknown): Promise<Drawn>;
  /** The pictures of latents [pictures, channels, h, w] that are done; what the safety checker flags is black. */
  decodeChecked(latents: FloatTensor): Promise<CheckedPictures>;
  /** The same without a look at them: for latents on the way, and for measuring. */
  decode(latents: FloatTensor): Promise<Image[]>;
  /** The same as numbers: [pictures, 3, height, width] in about [-1, 1]. */
  decodeTensor(latents: FloatTensor): Promise<FloatTensor>;
  /** Frees the models. A text encoder that came with a request is its owner's. */
  dispose(): Promise<void>;
}

export function createPipeline(parts: PipelineParts): Pipeline {
  const { name, side, factor, textEncoder, unet, attentionMaps, encode } = parts;
  const draw: Pipeline['draw'] = async (request, onStep) => {
    const generated = await finish(generate(parts, request), onStep);
    const decoded = imagesOf(await decodeEach(parts, generated.latents));
    const drawn = keepUnmasked(request, generated.generation, decoded);
    return { ...generated, ...(await checked(parts, drawn)) };
  };
  return {
    name,
    side,
    factor,
    textEncoder,
    unet,
    attentionMaps,
    encode,
    generate: (request) => generate(parts, request),
    draw,
    decodeTensor: (latents) => decodeEach(parts, latents),
    decodeChecked: async (latents) => checked(parts, imagesOf(await decodeEach(parts, latents))),
    decode: async (latents) => imagesOf(await decodeEach(parts, latents)),
    dispose: () => parts.dispose(),
  };
}

async function* generate(
  parts: PipelineParts,
  request: GenerationRequest,
): AsyncGenerator<GenerationStep, Generated, undefined> {
  const settings = settle(request, parts);
  const { seeds, steps, guidance, width, height } = settings;
  const config = samplerConfig(parts.schedulerConfig, request.scheduler ?? parts.scheduler);
  const sampler = createSampler(config, steps, settings);
  const readsOwn = request.textEncoder === undefined;
  const { conditions, textEncoder, warnings } = await condition(parts, request, settings);
  const generation: Generation = {
    ...settings,
    model: parts.name,
    textEncoder,
    loras: parts.loras ?? [],
    scheduler: request.scheduler ?? parts.scheduler ?? config.className,
    warnings: [...(parts.warnings ?? []), ...warnings, ...loraWarnings(parts.loras ?? [], readsOwn)],
  };
  const shape = [parts.latentChannels, height / parts.factor, width / parts.factor];
  const noise = request.noise ?? pictureNoise(seeds, shape);
  const begun = await begin(parts, request, settings, sampler, noise, [seeds.length, ...shape]);
  const run = sample({
    denoise: guided(begun.unet, conditions, guidance),
    sampler,
    latents: begun.latents,
    noise,
    ...(begun.settle ? { settle: begun.settle } : {}),
    ...(request.signal ? { signal: request.signal } : {}),
  });
  const latents = yield* watched(run, sampler, config, generation);
  return { generation, latents };
}

async function* watched(
  run: AsyncGenerator<Step, FloatTensor, undefined>,
  sampler: Sampler,
  { predictionType }: SchedulerConfig,
  generation: Generation,
): AsyncGenerator<GenerationStep, FloatTensor, undefined> {
  for (;;) {
    const next = await run.next();
    if (next.done) return next.value;
    const step = next.value;
    yield { ...step, generation, predictedOriginal: () => predictedOriginal(sampler, predictionType, step) };
  }
}

/** The states that the request gives, or those of its prompts. */
async function condition(
  { name, crossAttentionDim, textEncoder }: PipelineParts,
  request: GenerationRequest,
  { prompts, negativePrompts, guidance }: Settings,
): Promise<{ conditions: Conditions; textEncoder: string; warnings: readonly string[] }> {
  if (request.conditions) {
    checkStates(request.conditions.states, prompts.length, crossAttentionDim);
    return { conditions: request.conditions, textEncoder: request.textEncoder?.name ?? 'none', warnings: [] };
  }
  const encoder = request.textEncoder ?? (await textEncoder());
  checkWidth(encoder, name, crossAttentionDim);
  const negatives = guidance === 1 ? undefined : negativePrompts;
  return { ...(await encodePrompts(encoder, prompts, negatives, request)), textEncoder: encoder.name };
}

function checkStates({ shape }: FloatTensor, pictures: number, width: number): void {
  if (shape.length === 3 && shape[0] === pictures && shape[2] === width) return;
  throw new InputError(
    `The states have shape [${shape}], but ${pictures} pictures need [${pictures}, tokens, ${width}].`,
    'Give one row of states for each picture, as the text encoder of this model makes them.',
  );
}

interface Begun extends Pick<Sampling, 'latents' | 'settle'> {
  readonly unet: Unet;
}

/** The latents that the run starts from, [pictures, channels, h, w], and what a mask does to the run. */
async function begin(
  parts: PipelineParts,
  request: GenerationRequest,
  settings: Settings,
  sampler: Sampler,
  noise: NoiseSource,
  shape: readonly number[],
): Promise<Begun> {
  const { unet, scalingFactor, factor, readsMask } = parts;
  if (readsMask && !request.mask) throw needsMask(parts);
  if (!request.initImage) return { unet, latents: pureNoise(sampler, noise, shape) };
  const picture = tensorFromImage(fitted(request.initImage, settings));
  const noised = async () => noisedPicture(sampler, noise, shape, await parts.encode(picture), scalingFactor);
  if (!request.mask) return { unet, latents: (await noised()).latents };
  const maskImage = fitted(request.mask, settings);
  const mask = latentMask(maskImage, factor);
  const anew = settings.strength === 1;
  if (!readsMask) {
    const { original, noise: cover, latents } = await noised();
    noise(); // diffusers draws latents of the masked picture here, of which only a model for inpainting has use.
    return {
      unet,
      latents: anew ? scaledNoise(sampler, cover, shape) : latents,
      settle: keepOutside(sampler, original, cover, mask),
    };
  }
  // At full strength diffusers never asks for the picture's own latents, so that the seed's first noise is the start.
  const latents = anew ? pureNoise(sampler, noise, shape) : (await noised()).latents;
  const rest = await parts.encode(maskedPicture(picture, maskImage));
  const masked = floatTensor(drawLatents(rest, noise(), scalingFactor), shape);
  return { unet: withMask(unet, mask, masked), latents };
}

/** Flagged pictures are blacked out, as in diffusers. */
async function checked({ flag }: PipelineParts, images: readonly Image[]): Promise<CheckedPictures> {
  const flagged = flag ? await flag(images) : images.map(() => false);
  const shown = images.map((image, i) => (flagged[i] ? solid(image.width, image.height, [0, 0, 0]) : image));
  return { images: shown, flagged };
}

function needsMask({ name }: PipelineParts): InputError {
  return new InputError(
    `${name} is a model for inpainting, which draws into a picture.`,
    'Give a picture and a mask, or use a model for text to picture.',
  );
}

/** As large as what is drawn. */
function fitted(image: Image, { width, height }: Size): Image {
  return image.width === width && image.height === height ? image : resize(image, width, height);
}

/** The drawn pictures where the request's mask lets them, and the pixels of the original elsewhere. */
function keepUnmasked({ initImage, mask }: GenerationRequest, size: Size, drawn: Image[]): Image[] {
  return initImage && mask ? drawn.map(pasteInto(fitted(initImage, size), fitted(mask, size))) : drawn;
}

/** Picture after picture: the decoder takes far more memory for each than the denoiser does. */
async function decodeEach(parts: PipelineParts, { data, shape }: FloatTensor): Promise<FloatTensor> {
  const [pictures = 0, channels = 0, height = 0, width = 0] = shape;
  checkLatents(shape, parts.latentChannels, parts.name);
  const size = channels * height * width;
  const decoded: Float32Array[] = [];
  for (let i = 0; i < pictures; i++) {
    const unscaled = data.slice(i * size, (i + 1) * size).map((value) => value / parts.scalingFactor);
    decoded.push((await parts.decode(floatTensor(unscaled, [1, channels, height, width]))).data);
  }
  return stack(decoded, [pictures, 3, height * parts.factor, width * parts.factor]);
}

function stack(rows: readonly Float32Array[], shape: readonly number[]): FloatTensor {
  const size = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries()) data.set(row, i * size);
  return floatTensor(data, shape);
}

function imagesOf({ data, shape }: FloatTensor): Image[] {
  return imagesFromTensor(data, shape);
}
