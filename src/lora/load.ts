/**
 * Opens LoRAs for a Stable Diffusion: finds the layers of its parts, reads the files, and makes hooks for the models.
 */
import { type UNetLayout, unetNames } from '../checkpoint/ldm/names.ts';
import type { StableDiffusion } from '../checkpoint/stableDiffusion.ts';
import { encoderModel } from '../encoders/family.ts';
import { input } from '../graph/graph.ts';
import type { Hooks } from '../models/scope.ts';
import { unet } from '../models/unet.ts';
import { latentSide, type UNetConfig } from '../models/unetConfig.ts';
import { promptLength } from '../text/tokenizer.ts';
import { adaptableLayers, adapterOf } from './adapt.ts';
import type { AppliedLora } from './applied.ts';
import type { Part } from './names.ts';
import { type Lora, type LoraFile, type LoraTargets, openLora } from './open.ts';

export interface LoadedLoras {
  readonly hooks: Readonly<Record<Part, Hooks>>;
  readonly applied: readonly AppliedLora[];
}

/** Several add up. Throws what `openLora` does, of the first file that it throws for. */
export async function loadLoras(
  { textEncoder }: Pick<StableDiffusion, 'textEncoder'>,
  unetConfig: UNetConfig,
  files: readonly LoraFile[],
): Promise<LoadedLoras> {
  const targets = files.length === 0 ? undefined : targetsOf(textEncoder, unetConfig);
  if (!targets) return { hooks: { unet: {}, textEncoder: {} }, applied: [] };
  const loras: Lora[] = [];
  for (const file of files) loras.push(await openLora(file, targets));
  const hooksOf = (part: Part): Hooks => ({ adapt: adapterOf(loras.map(({ changes }) => changes[part])) });
  return {
    hooks: { unet: hooksOf('unet'), textEncoder: hooksOf('textEncoder') },
    applied: loras.map(({ name, multiplier, textMultiplier, changes, unknown }) => ({
      name,
      multiplier,
      textMultiplier,
      changesText: changes.textEncoder.size > 0,
      unknown,
    })),
  };
}

/** The layers of a model that LoRAs can change, under all names that files may give them. */
export function targetsOf(
  { config, configSource, modelType }: StableDiffusion['textEncoder'],
  unetConfig: UNetConfig,
): LoraTargets {
  const encoder = encoderModel(modelType, config, configSource);
  const side = latentSide(unetConfig);
  return {
    layers: {
      unet: adaptableLayers((graph, hooks) => {
        const inputs = {
          sample: input(graph, 'sample', 'float32', [1, unetConfig.inChannels, side, side]),
          timestep: input(graph, 'timestep', 'float32', [1]),
          encoderHiddenStates: input(graph, 'states', 'float32', [1, 1, unetConfig.crossAttentionDim]),
        };
        unet(graph, unetConfig, inputs, hooks);
      }),
      textEncoder: adaptableLayers((graph, hooks) => encoder.build(graph, promptLength, { hooks })),
    },
    ldmNames: ldmNamesOf(unetConfig),
  };
}

/** CompVis' U-Nets have as many ResNets at each level; others have no names there. */
function ldmNamesOf({ downBlocks }: UNetConfig): ReadonlyMap<string, string> {
  const [{ layers, transformerLayers } = { layers: 0, transformerLayers: 0 }] = downBlocks;
  if (downBlocks.some((block) => block.layers !== layers || block.transformerLayers !== transformerLayers)) {
    return new Map();
  }
  const layout: UNetLayout = {
    layersPerBlock: layers,
    channels: downBlocks.map(({ channels }) => channels),
    attention: downBlocks.map(({ crossAttention }) => crossAttention),
    transformerLayers,
  };
  const bare = (name: string) => name.replace(/\.weight$/, '');
  return new Map(unetNames(layout).map(([ldm, name]) => [bare(name), bare(ldm)]));
}
