/**
 * Writes a model again with int8 weights: a Stable Diffusion in the layout of diffusers, or a text encoder in that of
 * transformers. Node only.
 *
 * Which weights are int8 is read off the graphs of the models; nothing is computed with them. One tensor at a time is in
 * memory.
 */
import { cp, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomic, writeFolderAtomic } from '../checkpoint/atomic.ts';
import { isThere, readBytes } from '../checkpoint/file.ts';
import { integerTensors } from '../checkpoint/integerWeights.ts';
import { type JsonObject, writeJson } from '../checkpoint/json.ts';
import { type LazyTensor, writeSafetensors } from '../checkpoint/safetensorsWriter.ts';
import { openStableDiffusion, type StableDiffusion } from '../checkpoint/stableDiffusion.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import { openTextEncoder, type TextEncoderFiles } from '../checkpoint/textEncoderFolder.ts';
import { encoderModel } from '../encoders/family.ts';
import { tokenizerFolderOf } from '../encoders/textEncoder.ts';
import { openTokenizer } from '../encoders/tokenizerFolder.ts';
import { createGraph, type Graph, input } from '../graph/graph.ts';
import { integerLayouts } from '../graph/integerWeights.ts';
import { unet } from '../models/unet.ts';
import { parseUNetConfig } from '../models/unetConfig.ts';
import { decodeLatents, encodeMoments } from '../models/vae.ts';
import { parseVaeConfig } from '../models/vaeConfig.ts';
import { promptLength } from '../text/tokenizer.ts';

/** The parts of a Stable Diffusion that have weights, by their folders. */
export const weightedParts = ['unet', 'text_encoder', 'vae'] as const;
export type WeightedPart = (typeof weightedParts)[number];

export interface QuantizeOptions {
  /** Aborting it ends the work with its reason, and leaves what was there before. */
  readonly signal?: AbortSignal;
  /** Called when `count` more tensors of `total` are written. */
  readonly onTensors?: (count: number, total: number) => void;
}

/** What a part becomes: its folder, file, config and tensors. */
interface PartToWrite {
  readonly folder: string;
  readonly file: string;
  readonly config: JsonObject;
  readonly tensors: readonly LazyTensor[];
}

/**
 * Writes the Stable Diffusion at `path` to the folder `out`, replacing it: `parts` with int8 weights, the others with those
 * they have. Throws CheckpointError or ConfigError if the model is incomplete, of another kind, or int8 already.
 */
export async function quantizeModel(
  path: string,
  out: string,
  parts: readonly WeightedPart[],
  options: QuantizeOptions = {},
): Promise<void> {
  const model = await openStableDiffusion(path);
  const { files } = await openTokenizer(model.tokenizer.folder);
  const toWrite = weightedParts.map((part) => partOf(model, part, parts.includes(part)));
  const watched = watch(toWrite, options);
  await writeFolderAtomic(out, async (temporary) => {
    for (const part of watched) await writePart(join(temporary, part.folder), part);
    await copyFiles(files, join(temporary, 'tokenizer'));
    await writeJson(join(temporary, 'scheduler', 'scheduler_config.json'), {
      _class_name: model.scheduler.className,
      ...model.scheduler.config,
    });
    const checker = await copySafetyChecker(path, temporary);
    await writeJson(join(temporary, 'model_index.json'), indexOf(model, checker));
  });
}

/** The same for the text encoder in `folder`, with its tokenizer. */
export async function quantizeTextEncoder(
  folder: string,
  out: string,
  options: QuantizeOptions = {},
): Promise<void> {
  const encoder = await openTextEncoder(folder);
  const { files } = await openTokenizer(await tokenizerFolderOf(folder));
  const [part] = watch([textEncoderPart(encoder, true)], options);
  await writeFolderAtomic(out, async (temporary) => {
    await writePart(temporary, part!);
    await copyFiles(files, join(temporary, 'tokenizer'));
  });
}

function partOf(model: StableDiffusion, part: WeightedPart, toIntegers: boolean): PartToWrite {
  if (part === 'text_encoder') return textEncoderPart(model.textEncoder, toIntegers);
  const { config, configSource, weights } = model[part];
  const graph = createGraph();
  if (part === 'unet') addUNet(graph, config, configSource);
  else addVae(graph, config, configSource);
  return partToWrite(
    part,
    'diffusion_pytorch_model.safetensors',
    config,
    weights,
    toIntegers ? graph : undefined,
  );
}

function textEncoderPart(
  { config, configSource, modelType, weights }: TextEncoderFiles,
  toIntegers: boolean,
): PartToWrite {
  const graph = createGraph();
  encoderModel(modelType, config, configSource).build(graph, promptLength);
  return partToWrite('text_encoder', 'model.safetensors', config, weights, toIntegers ? graph : undefined);
}

/** `graph`: of the model that shall have int8 weights. */
function partToWrite(
  folder: string,
  file: string,
  config: JsonObject,
  weights: Weights,
  graph: Graph | undefined,
): PartToWrite {
  const layouts = graph ? integerLayouts(graph) : new Map();
  const note = graph ? { ksd_weights: 'int8' } : {};
  return { folder, file, config: { ...config, ...note }, tensors: integerTensors(weights, layouts) };
}

/** The smallest picture that goes through all levels tells as much as a large one. */
const side = 64;

function addUNet(graph: Graph, json: JsonObject, source: string): void {
  const config = parseUNetConfig(json, source);
  unet(graph, config, {
    sample: input(graph, 'sample', 'float32', [1, config.inChannels, side, side]),
    timestep: input(graph, 'timestep', 'float32', [1]),
    encoderHiddenStates: input(graph, 'states', 'float32', [1, promptLength, config.crossAttentionDim]),
  });
}

function addVae(graph: Graph, json: JsonObject, source: string): void {
  const config = parseVaeConfig(json, source);
  decodeLatents(graph, config, input(graph, 'latents', 'float32', [1, config.latentChannels, side, side]));
  encodeMoments(
    graph,
    config,
    input(graph, 'picture', 'float32', [1, config.inChannels, 8 * side, 8 * side]),
  );
}

/** The same parts, whose tensors say when they were read, and refuse to be read once the work is aborted. */
function watch(
  parts: readonly PartToWrite[],
  { signal, onTensors = () => {} }: QuantizeOptions,
): readonly PartToWrite[] {
  const total = parts.reduce((sum, { tensors }) => sum + tensors.length, 0);
  return parts.map((part) => ({
    ...part,
    tensors: part.tensors.map((tensor) => ({
      ...tensor,
      data: async () => {
        signal?.throwIfAborted();
        const data = await tensor.data();
        onTensors(1, total);
        return data;
      },
    })),
  }));
}

async function writePart(folder: string, { file, config, tensors }: PartToWrite): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, 'config.json'), config);
  // transformers refuses a file that does not say which framework its names are from: pt is PyTorch.
  await writeSafetensors(join(folder, file), tensors, { format: 'pt' });
}

async function copyFiles(paths: readonly string[], folder: string): Promise<void> {
  for (const path of paths) await writeFileAtomic(join(folder, basename(path)), await readBytes(path));
}

const checkerFolders = ['safety_checker', 'feature_extractor'];

/** Copies the safety checker of a diffusers folder as it is, where there is one. */
async function copySafetyChecker(path: string, out: string): Promise<boolean> {
  const present = await Promise.all(checkerFolders.map((name) => isThere(join(path, name))));
  if (present.includes(false)) return false;
  for (const name of checkerFolders) await cp(join(path, name), join(out, name), { recursive: true });
  return true;
}

function indexOf(
  { textEncoder, tokenizer, unet, vae, scheduler }: StableDiffusion,
  checker: boolean,
): JsonObject {
  return {
    _class_name: 'StableDiffusionPipeline',
    scheduler: ['diffusers', scheduler.className],
    text_encoder: ['transformers', textEncoder.className],
    tokenizer: ['transformers', tokenizer.className],
    unet: ['diffusers', unet.className],
    vae: ['diffusers', vae.className],
    safety_checker: checker ? ['stable_diffusion', 'StableDiffusionSafetyChecker'] : [null, null],
    feature_extractor: checker ? ['transformers', 'CLIPImageProcessor'] : [null, null],
    requires_safety_checker: checker,
  };
}
