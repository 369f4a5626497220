/**
 * The reverse of singleFile.ts: a Stable Diffusion's tensors under the names of one file, for tests and benchmarks.
 */
import type { JsonObject } from '../../json.ts';
import type { TensorToWrite } from '../../safetensorsWriter.ts';
import type { StableDiffusion } from '../../stableDiffusion.ts';
import { readTensor, tensorNamed, type Weights } from '../../tensorEntry.ts';
import {
  type NamePair,
  textNames,
  textPrefix,
  unetNames,
  unetPrefix,
  vaeNames,
  vaePrefix,
} from '../names.ts';
import { unetLayout, vaeLayout } from '../singleFile.ts';

type Configs = Readonly<Record<'textEncoder' | 'unet' | 'vae', { readonly config: JsonObject }>>;

/** Keys of the file, each with the part that it belongs to and its name there. */
export function keysOf({ textEncoder, unet, vae }: Configs) {
  const under = (part: keyof Configs, prefix: string, pairs: readonly NamePair[]) =>
    pairs.map(([ldm, name]) => ({ part, key: prefix + ldm, name }));
  return [
    ...under('unet', unetPrefix, unetNames(unetLayout(unet.config))),
    ...under('vae', vaePrefix, vaeNames(vaeLayout(vae.config))),
    ...under('textEncoder', textPrefix, textNames(Number(textEncoder.config['num_hidden_layers']))),
  ];
}

/** All tensors in memory; the autoencoder's attention as convolutions, as in the original files. */
export async function singleFileOf(model: StableDiffusion): Promise<TensorToWrite[]> {
  return Promise.all(
    keysOf(model).map(async ({ part, key, name }) => {
      const weights: Weights = model[part].weights;
      const entry = tensorNamed(weights, name);
      const convolution = /\.attn_1\.(q|k|v|proj_out)\.weight$/.test(key);
      const shape = convolution ? [...entry.shape, 1, 1] : entry.shape;
      return { name: key, dtype: entry.dtype, shape, data: await readTensor(entry) };
    }),
  );
}
