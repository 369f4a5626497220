/**
 * Weight changes for tests: random factors of chosen layers, their ΔW by the definition in float64, and a checkpoint with
 * them merged in. Nothing but tests and benchmarks may import this.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { type TensorToWrite, writeSafetensors } from '../../checkpoint/safetensorsWriter.ts';
import { readFloat32, type Weights } from '../../checkpoint/tensorEntry.ts';
import { openWeightsIn } from '../../checkpoint/weights.ts';
import { torchGenerator } from '../../random/torch.ts';
import type { Part, Place } from '../names.ts';
import type { LoraTargets } from '../open.ts';

/** The change of one layer: factors by role, in the shapes that files have. */
export interface TestChange extends Place {
  readonly shape: readonly number[];
  readonly factors: Readonly<
    Record<string, { readonly data: Float32Array; readonly shape: readonly number[] }>
  >;
}

/** All layers for which `wanted` holds. */
export function layersOf(
  { layers }: LoraTargets,
  wanted: (place: Place) => boolean,
): (Place & { shape: readonly number[] })[] {
  return (['unet', 'textEncoder'] as const).flatMap((part) =>
    [...layers[part]].map(([layer, shape]) => ({ part, layer, shape })).filter(wanted),
  );
}

/** Factors that change the layer by about `size` of its weight. */
export function randomFactors(seed: number, size = 0.05) {
  const random = torchGenerator(seed);
  return (...shape: number[]) => ({ data: random.randn(shape).map((value) => value * size), shape });
}

/** LoRA of every layer; for convolutions as LoCon. */
export function loraChanges(
  places: readonly (Place & { readonly shape: readonly number[] })[],
  { seed = 1, rank = 4, alpha }: { seed?: number; rank?: number; alpha?: number } = {},
): TestChange[] {
  const factor = randomFactors(seed, 0.3);
  return places.map(({ part, layer, shape }) => {
    const [out = 0, inputs = 0, ...window] = shape;
    const scale = 1 / Math.sqrt(inputs * window.reduce((a, b) => a * b, 1));
    const down = factor(rank, inputs, ...window);
    return {
      part,
      layer,
      shape,
      factors: {
        down: { ...down, data: down.data.map((value) => value * scale) },
        up: factor(out, rank, ...window.map(() => 1)),
        ...(alpha === undefined ? {} : { alpha: { data: Float32Array.of(alpha), shape: [] } }),
      },
    };
  });
}

/** ΔW [out * in * window] of a LoRA without a middle, before the multiplier. */
export function loraDelta({ shape, factors }: TestChange): Float64Array {
  const { down, up, alpha } = factors as Record<string, { data: Float32Array; shape: readonly number[] }>;
  const rank = down!.shape[0] as number;
  const out = shape[0] as number;
  const columns = shape.slice(1).reduce((a, b) => a * b, 1);
  const delta = new Float64Array(out * columns);
  for (let i = 0; i < out; i++) {
    for (let k = 0; k < rank; k++) {
      const factor = ((up!.data[i * rank + k] as number) * (alpha?.data[0] ?? rank)) / rank;
      for (let j = 0; j < columns; j++) delta[i * columns + j]! += factor * down!.data[k * columns + j]!;
    }
  }
  return delta;
}

export interface Merged extends Place {
  /** ΔW times its multiplier, row-major. */
  readonly delta: Float64Array;
}

const folderOf: Readonly<Record<Part, readonly [folder: string, file: string]>> = {
  unet: ['unet', 'diffusion_pytorch_model.safetensors'],
  textEncoder: ['text_encoder', 'model.safetensors'],
};

/** A copy of the diffusers folder `model` at `to`, in float32, with these added to its weights. */
export async function mergeInto(model: string, to: string, changes: readonly Merged[]): Promise<void> {
  await cp(model, to, { recursive: true });
  for (const part of ['unet', 'textEncoder'] as const) {
    const [folder, file] = folderOf[part];
    const weights: Weights = await openWeightsIn(join(model, folder));
    const tensors: TensorToWrite[] = [];
    for (const [name, entry] of weights.tensors) {
      if (!['F32', 'F16', 'BF16'].includes(entry.dtype)) continue;
      const data = await readFloat32(entry);
      const sum = Float64Array.from(data);
      for (const { delta } of changes.filter((one) => one.part === part && `${one.layer}.weight` === name)) {
        for (let i = 0; i < sum.length; i++) sum[i]! += delta[i] as number;
      }
      tensors.push({ name, dtype: 'F32', shape: entry.shape, data: Float32Array.from(sum) });
    }
    await writeSafetensors(join(to, folder, file), tensors);
  }
}
