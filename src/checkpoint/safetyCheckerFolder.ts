/**
 * Opens the safety checker of a Stable Diffusion folder (StableDiffusionSafetyChecker of diffusers): config, weights,
 * and the config of the preprocessing, which diffusers keeps in `feature_extractor/`.
 *
 * Brings the names of the tensors to those of CLIPVisionModelWithProjection; the configs are for others to validate.
 */
import { dirname, join, resolve } from 'node:path';
import { CheckpointError } from '../errors.ts';
import { isThere } from './file.ts';
import { type JsonObject, readJsonObject } from './json.ts';
import { renameWeights, type Weights } from './tensorEntry.ts';
import { openWeightsIn } from './weights.ts';

export interface ConfigFile {
  readonly path: string;
  /** Not validated. */
  readonly json: JsonObject;
}

export interface SafetyCheckerFolder {
  /** config.json of the checker. */
  readonly model: ConfigFile;
  /** preprocessor_config.json. */
  readonly preprocessor: ConfigFile;
  /** `vision_model.…`, `visual_projection.weight`, `concept_embeds` and what else the checker compares with. */
  readonly weights: Weights;
}

/**
 * `folder` is a Stable Diffusion folder or its `safety_checker/`; preprocessor_config.json is looked for in the latter
 * and in the `feature_extractor/` beside it. Throws CheckpointError naming the file that is missing or damaged.
 */
export async function openSafetyCheckerFolder(folder: string): Promise<SafetyCheckerFolder> {
  const inside = join(folder, 'safety_checker');
  const checker = (await isThere(inside)) ? inside : folder;
  const model = await readConfig(join(checker, 'config.json'));
  const preprocessor = await readConfig(await preprocessorOf(checker));
  return { model, preprocessor, weights: renameWeights(await openWeightsIn(checker), presentName) };
}

async function preprocessorOf(checker: string): Promise<string> {
  const name = 'preprocessor_config.json';
  const places = [checker, join(dirname(resolve(checker)), 'feature_extractor')];
  for (const place of places) {
    const path = join(place, name);
    if (await isThere(path)) return path;
  }
  throw new CheckpointError(
    `The safety checker ${checker} has no ${name}: neither ${places.join(' nor ')} holds one.`,
    'Copy the folder feature_extractor of the model beside it.',
  );
}

/**
 * The vision model stands inside a module of the same name, except in files by versions of transformers that no longer
 * have the outer one. Older versions saved an index buffer.
 */
function presentName(name: string): string | undefined {
  if (name.endsWith('.position_ids')) return undefined;
  return name.replace(/^vision_model\.vision_model\./, 'vision_model.');
}

async function readConfig(path: string): Promise<ConfigFile> {
  return { path, json: await readJsonObject(path) };
}
