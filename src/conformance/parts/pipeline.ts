/**
 * Checks whole runs against diffusers: tokens, states, every step of the sampler, pictures; from text, with another
 * text encoder, and from a picture.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson } from '../../checkpoint/json.ts';
import { openTextEncoder, type TextEncoder } from '../../encoders/textEncoder.ts';
import { KsdError } from '../../errors.ts';
import { encodePrompts } from '../../generation/conditions.ts';
import { joinBatches } from '../../generation/guidance.ts';
import { openPipeline } from '../../generation/open.ts';
import type { Generated, GenerationStep, Pipeline } from '../../generation/pipeline.ts';
import { drawLatents, noisedPicture } from '../../generation/start.ts';
import { type Image, tensorFromImage } from '../../pictures/image.ts';
import { readPng } from '../../pictures/pngFile.ts';
import { openRuntime } from '../../runtime/node.ts';
import type { Runtime } from '../../runtime/session.ts';
import { samplerConfig } from '../../schedulers/names.ts';
import { createSampler } from '../../schedulers/sampler.ts';
import type { NoiseSource } from '../../schedulers/scheduler.ts';
import { encodeBatch } from '../../text/tokenizer.ts';
import {
  type CaseResult,
  defaultTolerance,
  type GoldenPart,
  resultOf,
  type Tolerance,
  worstError,
} from '../golden.ts';
import { type GoldenTensors, readCases, readTensors } from '../tensors.ts';

interface PipelineCase extends Tolerance {
  readonly file: string;
  readonly scheduler: string;
  readonly prompt: readonly string[];
  readonly negative_prompt: readonly string[];
  readonly steps: number;
  readonly guidance_scale: number;
  /** The encoder's folder, then possibly a remark. */
  readonly text_encoder: string;
  /** One for each picture. */
  readonly png: readonly string[];
  /** `1 grey level` */
  readonly png_tolerance: string;
  /** Both only in image to image. */
  readonly strength?: number;
  readonly image_file?: string;
}

interface Cases {
  readonly scaling_factor: number;
  readonly cases: readonly PipelineCase[];
}

/** What the cases share. */
interface World {
  readonly folder: string;
  readonly runtime: Runtime;
  readonly pipeline: Pipeline;
  readonly schedulerConfig: unknown;
  readonly scalingFactor: number;
  /** Opened text encoders by folder. */
  readonly encoders: Map<string, TextEncoder>;
}

type Errors = Record<string, number>;

/** Its pipelines read prompts literally and cut them. */
const asDiffusers = { promptSyntax: 'plain', longPrompts: 'cut' } as const;
/** The picture before it is clamped to bytes. */
const imageTolerance = 1e-3;
const equal: Tolerance = { atol: 1e-9, rtol: 0 };
/** Time steps that are no whole numbers. */
const timestepTolerance: Tolerance = { atol: 1e-2, rtol: 0 };

export const pipelinePart: GoldenPart = {
  name: 'pipeline',
  async *check(folder, device = 'cpu') {
    const { cases, scaling_factor: scalingFactor } = await readCases<Cases>(folder);
    const runtime = await openRuntime(device);
    const model = await modelFolder(folder);
    const pipeline = await openPipeline(runtime, model);
    const schedulerConfig = await readJson(join(model, 'scheduler', 'scheduler_config.json'));
    const world = { folder, runtime, pipeline, schedulerConfig, scalingFactor, encoders: new Map() };
    for (const one of cases) yield await checkCase(world, one);
    await Promise.all([...world.encoders.values(), pipeline].map((opened) => opened.dispose()));
  },
};

/** The sub-folder that is a whole model. */
async function modelFolder(folder: string): Promise<string> {
  for (const name of (await readdir(folder)).sort()) {
    const files: readonly string[] = await readdir(join(folder, name)).catch(() => []);
    if (files.includes('model_index.json')) return join(folder, name);
  }
  return folder;
}

async function checkCase(world: World, one: PipelineCase): Promise<CaseResult> {
  try {
    const golden = await readTensors(join(world.folder, one.file));
    const encoder = await encoderOf(world, one);
    const picture = one.image_file ? await readPng(join(world.folder, one.image_file)) : undefined;
    return resultOf(one.file, {
      ...(await checkTexts(encoder, one, golden)),
      ...(picture ? await checkStart(world, one, golden, picture) : {}),
      ...(await checkRun(world, one, golden, encoder, picture)),
    });
  } catch (error) {
    if (!(error instanceof KsdError)) throw error;
    return { name: one.file, passed: false, detail: error.message };
  }
}

async function encoderOf({ folder, runtime, encoders }: World, one: PipelineCase): Promise<TextEncoder> {
  const path = join(folder, one.text_encoder.split(' ')[0] as string);
  const encoder = encoders.get(path) ?? (await openTextEncoder(runtime, path));
  encoders.set(path, encoder);
  return encoder;
}

async function checkTexts(encoder: TextEncoder, one: PipelineCase, golden: GoldenTensors): Promise<Errors> {
  const ids = (texts: readonly string[]) => encodeBatch(encoder.tokenizer, texts).ids;
  const encoded = await encodePrompts(encoder, one.prompt, one.negative_prompt, asDiffusers);
  const { states, negativeStates } = encoded.conditions;
  const embeddings = negativeStates ? joinBatches(negativeStates, states).data : [];
  return {
    input_ids: worstError(ids(one.prompt), golden.get('input_ids').data, equal),
    negative_input_ids: worstError(ids(one.negative_prompt), golden.get('negative_input_ids').data, equal),
    text_embeddings: worstError(embeddings, golden.get('text_embeddings').data, defaultTolerance),
  };
}

/** Image to image: what the VAE makes of the picture, and the latents that the run starts from. */
async function checkStart(
  { pipeline, schedulerConfig, scalingFactor }: World,
  one: PipelineCase,
  golden: GoldenTensors,
  picture: Image,
): Promise<Errors> {
  const pixels = tensorFromImage(picture);
  const encoded = await pipeline.encode(pixels);
  const moments = golden.floats('moments');
  const half = moments.length / 2;
  const deviations = moments.slice(half).map((logvar) => Math.exp(Math.min(Math.max(logvar, -30), 20) / 2));
  const posterior = golden.floats('posterior_noise');
  const draws = drawsOf([posterior, golden.floats('noise')]);
  const sampler = createSampler(samplerConfig(schedulerConfig, one.scheduler), one.steps, {
    strength: one.strength as number,
  });
  const start = noisedPicture(sampler, draws, golden.get('noise').shape, encoded, scalingFactor);
  const worst = (actual: Float32Array, expected: ArrayLike<number>) => worstError(actual, expected, one);
  return {
    image_input: worstError(pixels.data, golden.get('image_input').data, { atol: 1e-6, rtol: 0 }),
    'mean of moments': worst(encoded.mean.data, moments.subarray(0, half)),
    'deviation of moments': worst(encoded.std.data, deviations),
    init_latents: worst(drawLatents(encoded, posterior, scalingFactor), golden.get('init_latents').data),
    latents_initial: worst(start.latents.data, golden.get('latents_initial').data),
  };
}

async function checkRun(
  world: World,
  one: PipelineCase,
  golden: GoldenTensors,
  textEncoder: TextEncoder,
  picture: Image | undefined,
): Promise<Errors> {
  const { steps, latents } = await run(world.pipeline, one, golden, textEncoder, picture);
  const decoded = await world.pipeline.decodeTensor(latents);
  const images = await world.pipeline.decode(latents);
  const flat = (pick: (step: GenerationStep) => Float32Array) => steps.flatMap((step) => [...pick(step)]);
  const expectedTimesteps = golden.get('timesteps').data;
  const whole = Array.from(expectedTimesteps).every(Number.isInteger);
  const errors: Errors = {
    timesteps: worstError(
      steps.map((step) => step.timestep),
      expectedTimesteps,
      whole ? equal : timestepTolerance,
    ),
    guided_predictions: worstError(
      flat((step) => step.prediction.data),
      golden.get('guided_predictions').data,
      one,
    ),
    latents_steps: worstError(
      flat((step) => step.latents.data),
      golden.get('latents_steps').data,
      one,
    ),
    latents_final: worstError(latents.data, golden.get('latents_final').data, one),
    image: worstError(decoded.data, golden.get('image').data, { atol: imageTolerance, rtol: one.rtol }),
  };
  const greyLevels = { atol: Number.parseFloat(one.png_tolerance), rtol: 0 };
  for (const [i, path] of one.png.entries()) {
    const expected = await readPng(join(world.folder, path));
    errors[path] = worstError(images[i]?.data ?? [], expected.data, greyLevels);
  }
  return errors;
}

interface Run extends Generated {
  readonly steps: readonly GenerationStep[];
}

async function run(
  pipeline: Pipeline,
  one: PipelineCase,
  golden: GoldenTensors,
  textEncoder: TextEncoder,
  initImage: Image | undefined,
): Promise<Run> {
  const draws = initImage ? ['posterior_noise', 'noise'] : ['latents_initial'];
  const running = pipeline.generate({
    prompt: one.prompt,
    negativePrompt: one.negative_prompt,
    ...asDiffusers,
    textEncoder,
    steps: one.steps,
    guidance: one.guidance_scale,
    scheduler: one.scheduler,
    noise: drawsOf(draws.map((name) => golden.floats(name))),
    ...sizeOf(pipeline, golden),
    ...(initImage ? { initImage } : {}),
    ...(one.strength === undefined ? {} : { strength: one.strength }),
  });
  const steps: GenerationStep[] = [];
  for (;;) {
    const next = await running.next();
    if (next.done) return { ...next.value, steps };
    steps.push(next.value);
  }
}

function sizeOf({ factor }: Pipeline, golden: GoldenTensors): { width: number; height: number } {
  const [, , height = 0, width = 0] = golden.get('latents_final').shape;
  return { width: width * factor, height: height * factor };
}

/** Hands out the golden noises one after the other. */
function drawsOf(noises: readonly Float32Array[]): NoiseSource {
  const left = noises.values();
  return () => left.next().value ?? new Float32Array();
}
