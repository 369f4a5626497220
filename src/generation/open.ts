/**
 * Opens a Stable Diffusion as a pipeline: a folder in the layout of diffusers, or a checkpoint in one file. Node only: here
 * models meet files and engine.
 */
import { basename, dirname, resolve } from 'node:path';
import { openStableDiffusion } from '../checkpoint/stableDiffusion.ts';
import { ConfigError } from '../errors.ts';
import { loadLoras } from '../lora/load.ts';
import type { LoraFile } from '../lora/open.ts';
import { latentSide, parseUNetConfig, type UNetConfig } from '../models/unetConfig.ts';
import { parseVaeConfig, type VaeConfig, vaeScaleFactor } from '../models/vaeConfig.ts';
import type { Image } from '../pictures/image.ts';
import type { Runtime } from '../runtime/session.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { samplerConfig } from '../schedulers/names.ts';
import { type ModelOptions, once, openModels } from './models.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { openPreviewDecoder, type PreviewDecoder } from './previewDecoder.ts';
import { openSafetyChecker } from './safety.ts';

export interface PipelineOptions extends ModelOptions {
  /** What people know the model as; the name of its folder or file by default. */
  readonly name?: string;
  /** The sampler for requests that name none: UniPC by default, which needs the fewest steps. */
  readonly scheduler?: string;
  /** Whether pictures that the model's safety checker flags are blacked out, where it has one; true by default. */
  readonly safetyChecker?: boolean;
  /** TAESD's file or folder: decodes the pictures instead of the VAE, faster and coarser. */
  readonly taesd?: string;
  /** Small changes of U-Net and text encoder, which add up. */
  readonly loras?: readonly LoraFile[];
}

/**
 * Reads configs and headers; each model is compiled when it is first used. Throws CheckpointError if the model is
 * incomplete or a LoRA does not fit, ConfigError if a config holds what we do not build or the parts do not fit together.
 */
export async function openPipeline(
  runtime: Runtime,
  path: string,
  {
    name = modelName(path),
    scheduler = 'unipc',
    safetyChecker = true,
    taesd,
    loras = [],
    ...options
  }: PipelineOptions = {},
): Promise<Pipeline> {
  const model = await openStableDiffusion(path);
  const unetConfig = parseUNetConfig(model.unet.config, model.unet.configSource);
  const vaeConfig = parseVaeConfig(model.vae.config, model.vae.configSource);
  checkChannels(path, unetConfig, vaeConfig);
  samplerConfig(model.scheduler.config, scheduler);
  const { hooks, applied } = await loadLoras(model, unetConfig, loras);
  const factor = vaeScaleFactor(vaeConfig);
  const models = openModels(
    runtime,
    model,
    { unet: unetConfig, vae: vaeConfig },
    { name, hooks, ...options },
  );
  const decoder = taesd === undefined ? undefined : await openPreviewDecoder(runtime, taesd);
  if (decoder) checkDecoder(taesd as string, decoder, vaeConfig);
  const checker = once(() => openSafetyChecker(runtime, path));
  return createPipeline({
    name,
    warnings: unknownKeys(path, model.unknown),
    schedulerConfig: model.scheduler.config,
    scheduler,
    latentChannels: vaeConfig.latentChannels,
    readsMask: unetConfig.inChannels > vaeConfig.latentChannels,
    side: latentSide(unetConfig) * factor,
    factor,
    scalingFactor: vaeConfig.scalingFactor,
    crossAttentionDim: unetConfig.crossAttentionDim,
    loras: applied,
    ...models,
    ...(decoder ? { decode: ofUnscaled(decoder, vaeConfig.scalingFactor) } : {}),
    ...(safetyChecker && model.hasSafetyChecker
      ? { flag: async (images: readonly Image[]) => (await checker.open()).check(images) }
      : {}),
    async dispose() {
      await Promise.all([models.dispose(), decoder?.dispose(), checker.dispose()]);
    },
  });
}

/** A decoder of latents as the denoiser has them, for latents as the VAE has them. */
function ofUnscaled({ decode }: PreviewDecoder, scalingFactor: number): PreviewDecoder['decode'] {
  return ({ data, shape }) =>
    decode(
      floatTensor(
        data.map((value) => value * scalingFactor),
        shape,
      ),
    );
}

/** Throws ConfigError for a TAESD that does not decode what the VAE encodes. */
function checkDecoder(path: string, decoder: PreviewDecoder, vae: VaeConfig): void {
  if (decoder.latentChannels === vae.latentChannels && decoder.factor === vaeScaleFactor(vae)) return;
  throw new ConfigError(
    `${path} decodes ${decoder.latentChannels} channels to ${decoder.factor} pixels a latent, but the VAE has ` +
      `${vae.latentChannels} and ${vaeScaleFactor(vae)}.`,
    'Use the TAESD that was made for this kind of model.',
  );
}

/** Keys of a checkpoint in one file that no part reads may mean that it is not what it seems. */
function unknownKeys(path: string, keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  const shown = `${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ', …' : ''}`;
  return [`${basename(path)} holds ${keys.length} keys that no part of the model reads: ${shown}`];
}

/** A U-Net reads latents, or latents, mask and masked latents; the VAE must make what it reads. */
function checkChannels(path: string, { inChannels, outChannels }: UNetConfig, vae: VaeConfig): void {
  const { latentChannels } = vae;
  const wrong = (what: string) =>
    new ConfigError(
      `${path}: ${what}.`,
      'Use a model for text to picture or inpainting, such as Stable Diffusion v1.',
    );
  const known = [latentChannels, 2 * latentChannels + 1];
  if (!known.includes(inChannels) || outChannels !== latentChannels) {
    throw wrong(
      `the U-Net has in_channels ${inChannels} and out_channels ${outChannels}, but the VAE has latent_channels ` +
        `${latentChannels}`,
    );
  }
  if (vae.inChannels !== 3 || vae.outChannels !== 3) throw wrong('the VAE does not work on RGB pictures');
}

/** The name of the file without its end, of the folder, or of its parent where it is only called `model`. */
export function modelName(path: string): string {
  const whole = resolve(path);
  const name = basename(whole).replace(/\.(safetensors|ckpt|pt|pth|bin)$/, '');
  return name === 'model' ? basename(dirname(whole)) : name;
}
