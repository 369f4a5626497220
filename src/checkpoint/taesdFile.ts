/**
 * Opens TAESD in any of its forms: a folder of diffusers' AutoencoderTiny, or one of the original's single files
 * (taesd_decoder.safetensors or .pth), which has no config.
 *
 * Brings the names of the tensors to those of AutoencoderTiny; the config is for the model to validate.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadable } from './file.ts';
import { type JsonObject, readJsonObject } from './json.ts';
import { renameWeights, type Weights } from './tensorEntry.ts';
import { openWeights, openWeightsIn } from './weights.ts';

export interface TaesdFile {
  /** config.json of a folder, not validated. */
  readonly config?: JsonObject;
  /** The file that holds the config, or else the weights: for messages. */
  readonly source: string;
  /** Under `decoder.layers.` and `encoder.layers.`; a single file holds only one of the two. */
  readonly weights: Weights;
}

/** Throws CheckpointError naming the path if it is missing, damaged or of another kind. */
export async function openTaesd(path: string): Promise<TaesdFile> {
  const status = await stat(path).catch((cause) => {
    throw unreadable(path, cause);
  });
  if (!status.isDirectory()) return { source: path, weights: withPresentNames(await openWeights(path)) };
  const source = join(path, 'config.json');
  return { config: await readJsonObject(source), source, weights: await openWeightsIn(path) };
}

/**
 * A single file numbers the modules of one torch.nn.Sequential. The decoder's begins with a clamp, which has no
 * parameters and which diffusers does not count.
 */
function withPresentNames(weights: Weights): Weights {
  const [part, first] = weights.tensors.has('0.weight') ? ['encoder', 0] : ['decoder', 1];
  return renameWeights(weights, (name) =>
    name.replace(/^(\d+)\./, (_, index) => `${part}.layers.${Number(index) - Number(first)}.`),
  );
}
