/**
 * Reads a LoRA file for a model: every tensor finds its layer, or is named as one that found none.
 *
 * Knows files and the names in them; what becomes of the tensors is the forms' to say (form.ts).
 */
import { basename } from 'node:path';
import type { DType } from '../checkpoint/dtype.ts';
import { shownSizes, shownText } from '../checkpoint/shown.ts';
import { readFloat32, readTensor, type TensorEntry, type Weights } from '../checkpoint/tensorEntry.ts';
import { openWeights } from '../checkpoint/weights.ts';
import { CheckpointError, ConfigError, InputError } from '../errors.ts';
import { modelOfKey, modelOfShape } from './foreign.ts';
import type { Change, Factor, Factors, Misfit } from './form.ts';
import { layerNames, type Part, type Place, splitKey } from './names.ts';
import { type Alphas, peftAlphas } from './peftConfig.ts';
import { forms } from './registry.ts';

export interface LoraFile {
  /** .safetensors, or .pt, .bin and the like of PyTorch. */
  readonly path: string;
  /** How much of it is added to the U-Net's weights: 1 by default, also below 0 or above 1. */
  readonly multiplier?: number;
  /** The same for the text encoder's; as `multiplier` by default. */
  readonly textMultiplier?: number;
}

/** The layers that can be changed, by part and name; shapes are those of their weights. */
export interface LoraTargets {
  readonly layers: Readonly<Record<Part, ReadonlyMap<string, readonly number[]>>>;
  /** What CompVis calls the U-Net's layers. */
  readonly ldmNames: ReadonlyMap<string, string>;
}

export interface Lora {
  /** The file's, without its end. */
  readonly name: string;
  readonly multiplier: number;
  readonly textMultiplier: number;
  /** By the name of the layer; none where the multiplier is 0. */
  readonly changes: Readonly<Record<Part, ReadonlyMap<string, Change>>>;
  /** Keys that name no layer of this model, such as those of what tools pack beside a LoRA. */
  readonly unknown: readonly string[];
}

/**
 * Opens one. Throws CheckpointError naming file and key for what is missing, comes twice or does not fit, ConfigError for
 * a LoRA of another model or a kind that we do not build, InputError for a multiplier that is not a number.
 */
export async function openLora(file: LoraFile, targets: LoraTargets): Promise<Lora> {
  const { path, multiplier = 1, textMultiplier = multiplier } = file;
  for (const value of [multiplier, textMultiplier]) {
    if (!Number.isFinite(value)) {
      throw new InputError(`The multiplier of ${path} is ${value}.`, 'Give a number such as 0.8.');
    }
  }
  const weights = await openWeights(path);
  const { layers, unknown } = sortKeys(weights, targets);
  const alphas = await peftAlphas(weights);
  const changes = { unet: new Map<string, Change>(), textEncoder: new Map<string, Change>() };
  const strengths = { unet: multiplier, textEncoder: textMultiplier };
  for (const group of layers) {
    const { part, layer } = group;
    const shape = targets.layers[part].get(layer) as readonly number[];
    const change = await changeOf(weights.source, group, shape, strengths[part], alphas);
    if (strengths[part] !== 0) changes[part].set(layer, change);
  }
  const name = basename(path).replace(/\.(safetensors|ckpt|pt|pth|bin)$/, '');
  return { name, multiplier, textMultiplier, changes, unknown };
}

/** Tensors of a layer by the roles of the factors; their names are still the keys of the file. */
interface LayerTensors extends Place {
  readonly tensors: Map<string, TensorEntry>;
}

function sortKeys(weights: Weights, targets: LoraTargets): { layers: LayerTensors[]; unknown: string[] } {
  const places = placesByName(targets);
  const found = new Map<Place, LayerTensors>();
  const unknown: string[] = [];
  for (const [key, entry] of weights.tensors) {
    const { layer = '', role = '' } = splitKey(key) ?? {};
    const place = places.get(layer);
    if (!place) {
      unknown.push(key);
      continue;
    }
    const group = found.get(place) ?? { ...place, tensors: new Map() };
    found.set(place, group);
    const other = group.tensors.get(role);
    if (other) throw twice(weights, other.name, key, place);
    group.tensors.set(role, entry);
  }
  const layers = [...found.values()];
  refuseForeign(weights, targets, layers, unknown);
  return { layers, unknown };
}

function placesByName({ layers, ldmNames }: LoraTargets): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const part of ['unet', 'textEncoder'] as const) {
    for (const layer of layers[part].keys()) {
      const place: Place = { part, layer };
      const ldm = part === 'unet' ? ldmNames.get(layer) : undefined;
      for (const name of layerNames(place, ldm)) places.set(name, place);
    }
  }
  return places;
}

function refuseForeign(
  { source }: Weights,
  targets: LoraTargets,
  layers: readonly LayerTensors[],
  unknown: readonly string[],
): void {
  const remedy = 'Use a LoRA that was trained on the same kind of model.';
  for (const key of unknown) {
    const model = modelOfKey(key);
    if (!model) continue;
    throw new ConfigError(
      `${source} is a LoRA of ${model}: ${shownText(key)} is no layer of this model.`,
      remedy,
    );
  }
  for (const { part, layer, tensors } of layers) {
    const down = tensors.get('down');
    const own = targets.layers[part].get(layer)?.[1];
    const model = down && down.shape[1] !== own ? modelOfShape(layer, down) : undefined;
    if (!down || !model) continue;
    throw new ConfigError(
      `${source} is a LoRA of ${model}: ${shownText(down.name)} reads states of ${down.shape[1]} numbers, but this ` +
        `model's have ${own}.`,
      remedy,
    );
  }
  if (layers.length > 0) return;
  const shown = unknown.slice(0, 3).map(shownText).join(', ');
  throw new ConfigError(
    `${source} is no LoRA of this model: no key of it names a layer${shown === '' ? '' : ` (${shown})`}.`,
    'Give a LoRA for Stable Diffusion 1.x as kohya, diffusers or PEFT write it.',
  );
}

function twice({ source }: Weights, first: string, second: string, { layer }: Place): CheckpointError {
  return new CheckpointError(
    `${source} holds both ${shownText(first)} and ${shownText(second)}, which are two names of one tensor of ${layer}.`,
    'Remove one of them from the file.',
  );
}

async function changeOf(
  source: string,
  group: LayerTensors,
  shape: readonly number[],
  strength: number,
  alphas: Alphas,
): Promise<Change> {
  const { layer, tensors } = group;
  const form = forms.find(({ roles }) => roles.some((role) => tensors.has(role)));
  refuseOthers(source, tensors, form?.roles ?? []);
  const misfit: Misfit = (role, expected) => {
    const { name = role, shape: given = [] } = tensors.get(role) ?? {};
    return new CheckpointError(
      `${source}: ${shownText(name)} has shape ${shownSizes(given)}, but the weight of ${layer}, ` +
        `${shownSizes(shape)}, needs [${expected.join(', ')}].`,
      'Use a LoRA that was trained on the same kind of model.',
    );
  };
  const factors = await readAll(tensors);
  const told = alphas(group, tensors.get('down')?.shape[0] ?? 1);
  const alpha = told === undefined ? {} : { alpha: { data: Float32Array.of(told), shape: [] } };
  const change = form?.change({ ...alpha, ...factors }, shape, strength, misfit);
  if (change) return change;
  const [first] = tensors.values();
  throw new CheckpointError(
    `${source} has ${shownText(first?.name ?? layer)}, but not all other tensors of that layer's change.`,
    'The file is incomplete: download it again.',
  );
}

/** Every tensor of a layer must be one of its form. */
function refuseOthers(
  source: string,
  tensors: ReadonlyMap<string, TensorEntry>,
  roles: readonly string[],
): void {
  for (const [role, { name }] of tensors) {
    if (role === 'alpha' || roles.includes(role)) continue;
    const what = role === 'magnitude' ? 'DoRA' : 'a kind of LoRA';
    throw new ConfigError(
      `${source}: ${shownText(name)} belongs to ${what} that this project does not build.`,
      'Use a LoRA, LoHa or LoKr without weight decomposition (DoRA) and without Tucker decomposition.',
    );
  }
}

async function readAll(tensors: ReadonlyMap<string, TensorEntry>): Promise<Factors> {
  const factors: [string, Factor][] = [];
  for (const [role, entry] of tensors) {
    const data = role === 'alpha' ? await readAlpha(entry) : await readFloat32(entry);
    factors.push([role, { data, shape: entry.shape }]);
  }
  return Object.fromEntries(factors);
}

/** A whole number at times, whatever the type of the weights. */
async function readAlpha(entry: TensorEntry): Promise<Float32Array> {
  const whole: readonly DType[] = ['I64', 'I32', 'F64'];
  if (!whole.includes(entry.dtype)) return readFloat32(entry);
  return Float32Array.from((await readTensor(entry)) as Iterable<number | bigint>, Number);
}
