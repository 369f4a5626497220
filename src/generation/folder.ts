/**
 * Opens a Stable Diffusion folder (layout of diffusers) as a pipeline. Node only: here models meet files and engine.
 */
import { basename, dirname, resolve } from 'node:path';
import { type DiffusersFolder, openDiffusersFolder } from '../checkpoint/diffusersFolder.ts';
import type { Weights } from '../checkpoint/tensorEntry.ts';
import { openTextEncoder, type TextEncoder } from '../encoders/textEncoder.ts';
import { ConfigError } from '../errors.ts';
import { createGraph, type Graph, input, type Value } from '../graph/graph.ts';
import { unet } from '../models/unet.ts';
import { parseUNetConfig, type UNetConfig } from '../models/unetConfig.ts';
import { decodeLatents, encodeMoments, latentDistribution } from '../models/vae.ts';
import { parseVaeConfig, type VaeConfig, vaeScaleFactor } from '../models/vaeConfig.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime } from '../runtime/session.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { samplerConfig } from '../schedulers/names.ts';
import { createPipeline, type Pipeline, type PipelineParts } from './pipeline.ts';
import { type Sessions, sessionsBySize } from './sessions.ts';

export interface PipelineOptions {
  /** What people know the model as; the name of its folder by default. */
  readonly name?: string;
  /** The sampler for requests that name none: UniPC by default, which needs the fewest steps. */
  readonly scheduler?: string;
}

/** Side of the latents where the U-Net's config does not tell: that of Stable Diffusion v1. */
const usualLatentSide = 64;

/**
 * Reads configs and headers; each model is compiled when it is first used. Throws CheckpointError if the folder is
 * incomplete, ConfigError if a config holds what we do not build or the parts do not fit together.
 */
export async function openPipeline(
  runtime: Runtime,
  folder: string,
  { name = nameOf(folder), scheduler = 'unipc' }: PipelineOptions = {},
): Promise<Pipeline> {
  const model = await openDiffusersFolder(folder);
  const unetConfig = parseUNetConfig(model.unet.config, `${model.unet.folder}/config.json`);
  const vaeConfig = parseVaeConfig(model.vae.config, `${model.vae.folder}/config.json`);
  checkChannels(folder, unetConfig, vaeConfig);
  samplerConfig(model.scheduler.config, scheduler);
  const factor = vaeScaleFactor(vaeConfig);
  return createPipeline({
    name,
    schedulerConfig: model.scheduler.config,
    scheduler,
    latentChannels: vaeConfig.latentChannels,
    side: (unetConfig.sampleSize ?? usualLatentSide) * factor,
    factor,
    scalingFactor: vaeConfig.scalingFactor,
    crossAttentionDim: unetConfig.crossAttentionDim,
    ...models(runtime, model, unetConfig, vaeConfig, name),
  });
}

type Models = Pick<PipelineParts, 'unet' | 'decode' | 'encode' | 'textEncoder' | 'dispose'>;

function models(
  runtime: Runtime,
  folder: DiffusersFolder,
  unetConfig: UNetConfig,
  vaeConfig: VaeConfig,
  name: string,
): Models {
  const { weights: vaeWeights } = folder.vae;
  const denoisers = sessionsOf(runtime, folder.unet.weights, (graph, h, w) =>
    denoiser(graph, unetConfig, h, w),
  );
  const decoders = sessionsOf(runtime, vaeWeights, (graph, h, w) => decoder(graph, vaeConfig, h, w));
  const encoders = sessionsOf(runtime, vaeWeights, (graph, h, w) => pictureEncoder(graph, vaeConfig, h, w));
  let encoder: Promise<TextEncoder> | undefined;
  return {
    async unet(latents, timestep, states) {
      const feeds = { sample: latents, timestep: floatTensor(Float32Array.of(timestep), [1]), states };
      return (await runSized(denoisers, latents, feeds))['prediction'] as FloatTensor;
    },
    async decode(latents) {
      return (await runSized(decoders, latents, { latents }))['picture'] as FloatTensor;
    },
    async encode(picture) {
      const { mean, std } = await runSized(encoders, picture, { picture });
      return { mean: mean as FloatTensor, std: std as FloatTensor };
    },
    textEncoder() {
      encoder ??= openOwnEncoder(runtime, folder, name).catch((error) => {
        encoder = undefined;
        throw error;
      });
      return encoder;
    },
    async dispose() {
      await Promise.all([denoisers, decoders, encoders].map((sessions) => sessions.dispose()));
      await encoder?.then((opened) => opened.dispose());
      encoder = undefined;
    },
  };
}

function runSized(sessions: Sessions, { shape }: FloatTensor, feeds: Readonly<Record<string, FloatTensor>>) {
  const [, , height = 0, width = 0] = shape;
  return sessions.use(height, width, (session) => session.run(feeds));
}

/** Under the name of the model, since its own folder is called `text_encoder` everywhere. */
async function openOwnEncoder(runtime: Runtime, folder: DiffusersFolder, name: string): Promise<TextEncoder> {
  const encoder = await openTextEncoder(runtime, folder.textEncoder.folder, {
    tokenizerFolder: folder.tokenizer.folder,
  });
  return { ...encoder, name };
}

/** A model's nodes for one size, height and width in the unit of its own input; returns its outputs by name. */
type Build = (graph: Graph, height: number, width: number) => Readonly<Record<string, Value>>;

/** Sessions of the graphs that `build` makes, with these weights. */
function sessionsOf(runtime: Runtime, weights: Weights, build: Build): Sessions {
  return sessionsBySize((height, width) => {
    const graph = createGraph();
    return compile(runtime, graph, build(graph, height, width), weights);
  });
}

function denoiser(graph: Graph, config: UNetConfig, height: number, width: number) {
  const prediction = unet(graph, config, {
    sample: input(graph, 'sample', 'float32', ['batch', config.inChannels, height, width]),
    timestep: input(graph, 'timestep', 'float32', [1]),
    encoderHiddenStates: input(graph, 'states', 'float32', ['batch', 'tokens', config.crossAttentionDim]),
  });
  return { prediction };
}

function decoder(graph: Graph, config: VaeConfig, height: number, width: number) {
  const latents = input(graph, 'latents', 'float32', [1, config.latentChannels, height, width]);
  return { picture: decodeLatents(graph, config, latents) };
}

function pictureEncoder(graph: Graph, config: VaeConfig, height: number, width: number) {
  const picture = input(graph, 'picture', 'float32', [1, config.inChannels, height, width]);
  const { mean, std } = latentDistribution(encodeMoments(graph, config, picture));
  return { mean, std };
}

/** Inpainting and upscaling models read more than latents, and the VAE must make what the U-Net reads. */
function checkChannels(folder: string, { inChannels, outChannels }: UNetConfig, vae: VaeConfig): void {
  const { latentChannels } = vae;
  const wrong = (what: string) =>
    new ConfigError(`${folder}: ${what}.`, 'Use a text-to-image model such as Stable Diffusion v1.');
  if (inChannels !== latentChannels || outChannels !== latentChannels) {
    throw wrong(
      `the U-Net has in_channels ${inChannels} and out_channels ${outChannels}, but the VAE has latent_channels ` +
        `${latentChannels}`,
    );
  }
  if (vae.inChannels !== 3 || vae.outChannels !== 3) throw wrong('the VAE does not work on RGB pictures');
}

/** The folder's own name, or its parent's where it is only called `model`. */
function nameOf(folder: string): string {
  const path = resolve(folder);
  return basename(path) === 'model' ? basename(dirname(path)) : basename(path);
}
