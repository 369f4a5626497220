/**
 * Opens a Stable Diffusion 1.x, whatever its form: a folder in the layout of diffusers, or one file in that of CompVis.
 *
 * Reads configs and headers, no tensor data; the configs are for the models to validate.
 */
import { stat } from 'node:fs/promises';
import { openDiffusersFolder } from './diffusersFolder.ts';
import { unreadable } from './file.ts';
import type { JsonObject } from './json.ts';
import { openSingleFile } from './ldm/singleFile.ts';
import type { Weights } from './tensorEntry.ts';
import type { TextEncoderFiles } from './textEncoderFolder.ts';

/** A part with its config as Hugging Face's libraries write it, and its weights under their names. */
export interface ModelPart {
  /** The Python class, for example `UNet2DConditionModel`. */
  readonly className: string;
  readonly config: JsonObject;
  /** Where the config stands, for messages. */
  readonly configSource: string;
  readonly weights: Weights;
}

export interface StableDiffusion {
  /** The path as the caller named it. */
  readonly source: string;
  readonly tokenizer: { readonly folder: string; readonly className: string };
  readonly textEncoder: ModelPart & TextEncoderFiles;
  readonly unet: ModelPart;
  readonly vae: ModelPart;
  readonly scheduler: { readonly className: string; readonly config: JsonObject };
  /** Whether the folder has a safety checker with its weights; see safetyCheckerFolder.ts. */
  readonly hasSafetyChecker: boolean;
  /** Keys of a single file that no part asks for: worth a word to the user. */
  readonly unknown: readonly string[];
}

/** Throws CheckpointError naming what is missing or damaged, ConfigError for another kind of model. */
export async function openStableDiffusion(path: string): Promise<StableDiffusion> {
  const status = await stat(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  return status.isFile() ? openSingleFile(path) : openDiffusersFolder(path);
}
