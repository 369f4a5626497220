/**
 * LoRA files for tests, as each program names the tensors in them: written out here once more, by the programs' own rules,
 * so that the table of names.ts is not checked against itself.
 */
import { writeSafetensors } from '../../checkpoint/safetensorsWriter.ts';
import type { Place } from '../names.ts';
import type { TestChange } from './changes.ts';

/** The key of a factor: `role` as names.ts calls it. */
export type Naming = (place: Place, role: string) => string;

const underscored = (name: string) => name.split('.').join('_');

const kohyaEnd = (role: string) =>
  ({ down: '.lora_down.weight', up: '.lora_up.weight', mid: '.lora_mid.weight' })[role] ?? `.${role}`;

const dotted = ({ part, layer }: Place) => `${part === 'unet' ? 'unet' : 'text_encoder'}.${layer}`;

const peftEnd = (role: string) => ({ down: '.lora_A.weight', up: '.lora_B.weight' })[role] ?? `.${role}`;

export const kohya: Naming = ({ part, layer }, role) =>
  `lora_${part === 'unet' ? 'unet' : 'te'}_${underscored(layer)}${kohyaEnd(role)}`;

/** `ldm`: what CompVis calls the U-Net's layers. */
export const kohyaLdm =
  (ldm: ReadonlyMap<string, string>): Naming =>
  (place, role) =>
    place.part === 'unet'
      ? kohya({ ...place, layer: ldm.get(place.layer) as string }, role)
      : kohya(place, role);

export const peft: Naming = (place, role) => dotted(place) + peftEnd(role);

/** PEFT's own saver knows one model, and may keep the name of the adapter. */
export const peftModel: Naming = ({ layer }, role) =>
  `base_model.model.${layer}${peftEnd(role).replace('.weight', '.default.weight')}`;

/** diffusers before PEFT. */
export const diffusers: Naming = (place, role) =>
  dotted(place) +
  (role === 'alpha' ? '.alpha' : `.lora${place.part === 'unet' ? '' : '_linear_layer'}.${role}.weight`);

/** The first LoRAs of diffusers: attention processors of the U-Net, without a prefix. */
export const attentionProcessors: Naming = ({ part, layer }, role) => {
  if (part === 'textEncoder') return diffusers({ part, layer }, role);
  const at = layer.lastIndexOf('.to_');
  const projection = layer.slice(at + 1).replace('to_out.0', 'to_out');
  return `${layer.slice(0, at)}.processor.${projection}_lora.${role}.weight`;
};

export async function writeLora(
  path: string,
  changes: readonly TestChange[],
  naming: Naming,
  dtype: 'F32' | 'F16' = 'F32',
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeSafetensors(
    path,
    changes.flatMap((change) =>
      Object.entries(change.factors).map(([role, { data, shape }]) => ({
        name: naming(change, role),
        dtype,
        shape,
        data,
      })),
    ),
    metadata,
  );
}
