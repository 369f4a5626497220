/**
 * Opens a Stable Diffusion v1 that is one file (.safetensors or .ckpt in the layout of CompVis), as the parts that a folder of
 * diffusers has. The weights stay where they are: only names change, by the tables of names.ts.
 */
import { CheckpointError, ConfigError } from '../../errors.ts';
import type { JsonObject } from '../json.ts';
import { packagedClipTokenizer } from '../packageRoot.ts';
import type { StableDiffusion } from '../stableDiffusion.ts';
import type { TensorEntry, Weights } from '../tensorEntry.ts';
import { openWeights } from '../weights.ts';
import {
  type NamePair,
  textNames,
  textPrefix,
  type UNetLayout,
  unetNames,
  unetPrefix,
  unneeded,
  type VaeLayout,
  vaeNames,
  vaePrefix,
} from './names.ts';
import { type Configs, v1Configs } from './v1.ts';

/**
 * The parts of the checkpoint in `path`. Without `configs` it must be a Stable Diffusion v1, for pictures or for inpainting.
 * Throws CheckpointError naming the keys that are missing, and ConfigError for another kind of model.
 */
export async function openSingleFile(
  path: string,
  { configs = v1Configs, tokenizerFolder = packagedClipTokenizer() }: SingleFileOptions = {},
): Promise<StableDiffusion> {
  const file = await openWeights(path);
  refuseOthers(file);
  const unet = { ...configs.unet, in_channels: inChannelsOf(file) ?? configs.unet['in_channels'] };
  const parts = splitNames(file, configs);
  const part = (name: string, config: JsonObject, className: string, tensors: Tensors) => ({
    className,
    config,
    configSource: `${path} (${name})`,
    weights: { source: path, tensors, metadata: file.metadata },
  });
  return {
    source: path,
    tokenizer: { folder: tokenizerFolder, className: 'CLIPTokenizer' },
    textEncoder: {
      ...part('text encoder', configs.textEncoder, 'CLIPTextModel', parts.textEncoder),
      modelType: String(configs.textEncoder['model_type']),
    },
    unet: part('U-Net', unet, 'UNet2DConditionModel', parts.unet),
    vae: part('VAE', configs.vae, 'AutoencoderKL', parts.vae),
    scheduler: { className: String(configs.scheduler['_class_name']), config: configs.scheduler },
    hasSafetyChecker: false,
    unknown: parts.unknown,
  };
}

export interface SingleFileOptions {
  /** Of a model that is no Stable Diffusion v1, in the form of diffusers. */
  readonly configs?: Configs;
  readonly tokenizerFolder?: string;
}

type Tensors = ReadonlyMap<string, TensorEntry>;

interface Parts {
  readonly textEncoder: Tensors;
  readonly unet: Tensors;
  readonly vae: Tensors;
  readonly unknown: readonly string[];
}

/** Every key of the file goes to one part, or is needless, or unknown. Throws for parts that are not whole. */
export function splitNames(file: Weights, configs: Configs = v1Configs): Parts {
  const left = new Map(file.tensors);
  const missing: string[] = [];
  const take = (prefix: string, pairs: readonly NamePair[]): Tensors => {
    const taken = new Map<string, TensorEntry>();
    for (const [ldm, name] of pairs) {
      const key = spellings(prefix, ldm).find((spelling) => left.has(spelling));
      if (key === undefined) missing.push(prefix + ldm);
      else taken.set(name, asLinear({ ...(left.get(key) as TensorEntry), name }));
      if (key !== undefined) left.delete(key);
    }
    return taken;
  };
  const unet = take(unetPrefix, unetNames(unetLayout(configs.unet)));
  const vae = take(vaePrefix, vaeNames(vaeLayout(configs.vae)));
  const textEncoder = take(textPrefix, textNames(Number(configs.textEncoder['num_hidden_layers'])));
  if (missing.length > 0) throw incomplete(file.source, missing);
  const unknown = [...left.keys()].filter((key) => !unneeded.some((pattern) => pattern.test(key)));
  return { unet, vae, textEncoder, unknown };
}

/** Some programs save the text encoder without the name of its inner model. */
function spellings(prefix: string, key: string): readonly string[] {
  const whole = prefix + key;
  return prefix === textPrefix ? [whole, whole.replace('.text_model.', '.')] : [whole];
}

/** The autoencoder's attention has convolutions of 1 x 1 here and linear layers there: the same numbers in the same order. */
function asLinear(entry: TensorEntry): TensorEntry {
  const { name, shape } = entry;
  const isConvolution = shape.length === 4 && shape[2] === 1 && shape[3] === 1;
  const inAttention = /^(en|de)coder\..*\.attentions\.\d+\.to_/.test(name);
  return isConvolution && inAttention ? { ...entry, shape: shape.slice(0, 2) } : entry;
}

/** Of a config in the form of diffusers. */
export function unetLayout(config: JsonObject): UNetLayout {
  const types = config['down_block_types'] as readonly string[];
  return {
    layersPerBlock: config['layers_per_block'] as number,
    channels: config['block_out_channels'] as readonly number[],
    attention: types.map((type) => type.startsWith('CrossAttn')),
    transformerLayers: (config['transformer_layers_per_block'] as number | undefined) ?? 1,
  };
}

/** Of a config in the form of diffusers. */
export function vaeLayout(config: JsonObject): VaeLayout {
  return {
    layersPerBlock: config['layers_per_block'] as number,
    channels: config['block_out_channels'] as readonly number[],
  };
}

/** Inpainting models read nine channels: latents, mask, and the latents of what the mask leaves. */
function inChannelsOf({ tensors }: Weights): number | undefined {
  return tensors.get(`${unetPrefix}input_blocks.0.0.weight`)?.shape[1];
}

const useWholeModel = 'Use a Stable Diffusion 1.x checkpoint.';

/** What people may take for a Stable Diffusion v1, by a key that only it has. */
const others: readonly (readonly [start: string, what: string, remedy?: string])[] = [
  ['conditioner.embedders.', 'a Stable Diffusion XL'],
  ['cond_stage_model.model.', 'a Stable Diffusion 2.x'],
  ['double_blocks.', 'a FLUX model'],
  ['lora_unet_', 'a LoRA, not a whole model'],
  ['lora_te_', 'a LoRA, not a whole model'],
  ['control_model.', 'a ControlNet, not a whole model'],
  ['down_blocks.', 'the U-Net of a diffusers folder', 'Give the folder that holds model_index.json.'],
  ['emb_params', 'a textual inversion, not a whole model'],
];

function refuseOthers({ source, tensors }: Weights): void {
  const names = [...tensors.keys()];
  const other = others.find(([start]) => names.some((name) => name.startsWith(start)));
  if (other) throw new ConfigError(`${source} is ${other[1]}.`, other[2] ?? useWholeModel);
  if (names.some((name) => name.startsWith(unetPrefix))) return;
  throw new CheckpointError(
    `${source} holds no U-Net: no key of it begins with ${unetPrefix}.`,
    'Give a whole Stable Diffusion 1.x checkpoint, or a folder in the layout of diffusers.',
  );
}

function incomplete(source: string, missing: readonly string[]): CheckpointError {
  const shown = missing.slice(0, 3).join(', ');
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  return new CheckpointError(
    `${source} is no complete Stable Diffusion v1: it lacks ${shown}${more}.`,
    'Download the whole checkpoint (text encoder and VAE included), or give a folder in the layout of diffusers.',
  );
}
