/**
 * Opens a Stable Diffusion folder in the layout of Hugging Face's diffusers: `model_index.json` names the class of
 * each component, and each component has a sub-folder with its config and weights.
 *
 * Brings older tensor names to the present ones; the configs are for the models to validate.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { type JsonObject, readJsonObject } from './json.ts';
import { shownJson } from './shown.ts';
import type { ModelPart, StableDiffusion } from './stableDiffusion.ts';
import { renameWeights, type Weights } from './tensorEntry.ts';
import { openTextEncoder } from './textEncoderFolder.ts';
import { hasWeights, openWeightsIn } from './weights.ts';

interface Component extends Omit<ModelPart, 'weights'> {
  readonly folder: string;
}

/** The attention of the VAE in files from before diffusers 0.18: their names, and those that hold now. */
const vaeAttentionNames: Readonly<Record<string, string>> = {
  query: 'to_q',
  key: 'to_k',
  value: 'to_v',
  proj_attn: 'to_out.0',
};

/**
 * Opens the five components that a picture needs; others (a safety checker) may be null or missing. Reads no tensor
 * data. Throws CheckpointError naming the folder and the component that is missing or damaged.
 */
export async function openDiffusersFolder(folder: string): Promise<StableDiffusion> {
  const index = await readJsonObject(join(folder, 'model_index.json'));
  const open = async (name: string, configFile: string) => openComponent(folder, index, name, configFile);
  const tokenizer = await open('tokenizer', 'tokenizer_config.json');
  const textEncoder = await open('text_encoder', 'config.json');
  const unet = await open('unet', 'config.json');
  const vae = await open('vae', 'config.json');
  const scheduler = await open('scheduler', 'scheduler_config.json');
  return {
    source: folder,
    tokenizer,
    textEncoder: { ...textEncoder, ...(await openTextEncoder(textEncoder.folder)) },
    unet: { ...unet, weights: await openWeightsIn(unet.folder) },
    vae: { ...vae, weights: await openVaeWeights(vae.folder) },
    scheduler,
    hasSafetyChecker: await hasSafetyChecker(folder, index),
    unknown: [],
  };
}

/** Copies of a model often name the checker, but leave out its folder or its weights. */
async function hasSafetyChecker(folder: string, index: JsonObject): Promise<boolean> {
  const entry = index['safety_checker'];
  return Array.isArray(entry) && entry[1] !== null && (await hasWeights(join(folder, 'safety_checker')));
}

/** The weights of an AutoencoderKL's folder under their present names. */
export async function openVaeWeights(folder: string): Promise<Weights> {
  return renameWeights(await openWeightsIn(folder), (name) =>
    name.replace(
      /(\.attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)$/,
      (_, attention, old, parameter) => `${attention}.${vaeAttentionNames[old]}.${parameter}`,
    ),
  );
}

async function openComponent(
  root: string,
  index: JsonObject,
  name: string,
  configFile: string,
): Promise<Component> {
  const missing = (what: string) =>
    new CheckpointError(
      `${root} has no ${name}: ${what}.`,
      'Give a complete Stable Diffusion folder in the layout of diffusers.',
    );
  const entry = index[name];
  if (entry === undefined) throw missing('model_index.json does not name it');
  const className = Array.isArray(entry) ? entry[1] : entry;
  if (className === null) throw missing('model_index.json has null for it');
  if (!Array.isArray(entry) || typeof className !== 'string') {
    throw missing(`model_index.json has ${shownJson(entry)} for it instead of a library and a class`);
  }
  const folder = join(root, name);
  const status = await stat(folder).catch(() => undefined);
  if (!status?.isDirectory()) throw missing(`there is no folder ${folder}`);
  const configSource = join(folder, configFile);
  return { folder, className, config: await readJsonObject(configSource), configSource };
}
