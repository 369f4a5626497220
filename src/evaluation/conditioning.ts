/**
 * What of a text reaches the picture: the frozen U-Net reads the states, and what it then predicts is all that a picture
 * learns of them.
 *
 * The U-Net predicts the noise in latents that the teacher's English prompt led to, once with the states of the teacher, once
 * with those of the empty prompt and once with those that are measured. How far the last is from the first, beside how far
 * the second is, says how much of the condition was lost. Knows no engine and no file.
 */
import { InputError } from '../errors.ts';
import type { Unet } from '../generation/guidance.ts';
import type { Pipeline } from '../generation/pipeline.ts';
import type { FloatTensor } from '../runtime/tensor.ts';

/** Latents in the middle of a run. */
export interface Moment {
  /** What the U-Net sees, [1, channels, h, w]. */
  readonly latents: FloatTensor;
  readonly timestep: number;
}

export interface RecordOptions {
  readonly steps: number;
  readonly guidance: number;
  /** The pipeline's own by default. */
  readonly scheduler?: string;
  readonly seed: number;
  /** Model calls whose latents are kept, counted from 0: early ones decide the composition, late ones the detail. */
  readonly calls: readonly number[];
  readonly signal?: AbortSignal;
}

/** What the U-Net sees while it draws `prompt` with the model's own text encoder. Throws what the pipeline throws. */
export async function recordMoments(
  pipeline: Pipeline,
  prompt: string,
  { calls, ...settings }: RecordOptions,
): Promise<Moment[]> {
  const moments: Moment[] = [];
  for await (const step of pipeline.generate({ prompt, ...settings })) {
    if (calls.includes(step.call - 1)) moments.push({ latents: step.seen, timestep: step.timestep });
    if (moments.length === calls.length) break;
  }
  return moments;
}

/** Squared distances of predicted noise, summed over moments. */
export interface Distances {
  /** From the measured states' prediction to the teacher's. */
  readonly lost: number;
  /** From the empty prompt's to the teacher's: all that there is to lose. */
  readonly whole: number;
}

export interface ConditionedTexts {
  /** States [1, tokens, width] of the teacher for the English prompt. */
  readonly teacher: FloatTensor;
  /** Of the teacher for the empty prompt. */
  readonly empty: FloatTensor;
  /** The ones that are measured, by the name of their system. */
  readonly measured: ReadonlyMap<string, FloatTensor>;
}

/** Distances of each system over all moments. Throws InputError if there is no moment, and what the U-Net throws. */
export async function conditioningDistances(
  unet: Unet,
  moments: readonly Moment[],
  { teacher, empty, measured }: ConditionedTexts,
): Promise<Map<string, Distances>> {
  if (moments.length === 0) {
    throw new InputError('No latents were recorded.', 'Record at least one model call of the run.');
  }
  const lost = new Map([...measured.keys()].map((name) => [name, 0]));
  let whole = 0;
  for (const { latents, timestep } of moments) {
    const goal = await unet(latents, timestep, teacher);
    whole += squaredDistance(await unet(latents, timestep, empty), goal);
    for (const [name, states] of measured) {
      const distance = squaredDistance(await unet(latents, timestep, states), goal);
      lost.set(name, (lost.get(name) as number) + distance);
    }
  }
  return new Map([...lost].map(([name, sum]) => [name, { lost: sum, whole }]));
}

/**
 * The part of the condition that is left, 1 for the teacher's own states, 0 for the empty prompt's, and for states that lead
 * elsewhere below 0: 1 - sqrt(lost / whole), a ratio of distances and not of their squares, so that half means half way.
 */
export function recovered({ lost, whole }: Distances): number {
  return 1 - Math.sqrt(lost / whole);
}

function squaredDistance(a: FloatTensor, b: FloatTensor): number {
  return a.data.reduce((sum, value, i) => sum + (value - (b.data[i] as number)) ** 2, 0);
}
