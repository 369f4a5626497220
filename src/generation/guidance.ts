/**
 * Classifier-free guidance (Ho and Salimans, arXiv 2207.12598): away from the negative prompt, towards the prompt.
 *
 * Knows no engine: the U-Net is a function.
 */
import { InputError } from '../errors.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';

/**
 * The model's prediction for `latents` [batch, channels, height, width] at `timestep`, conditioned on `states`
 * [batch, tokens, width]; shaped as the latents.
 */
export type Unet = (latents: FloatTensor, timestep: number, states: FloatTensor) => Promise<FloatTensor>;

/** A U-Net whose conditions are settled. */
export type Denoiser = (latents: FloatTensor, timestep: number) => Promise<FloatTensor>;

export interface Conditions {
  /** [batch, tokens, width] of the prompts. */
  readonly states: FloatTensor;
  /** The same of the negative prompts, with which guidance 1 has nothing to do. */
  readonly negativeStates?: FloatTensor;
}

/**
 * A denoiser that predicts `negative + guidance * (positive - negative)`, both halves in one batch, the negative one
 * first. Guidance 1 is the plain prediction and runs half the batch. Throws InputError if negative states are missing
 * or shaped otherwise than the positive ones.
 */
export function guided(unet: Unet, { states, negativeStates }: Conditions, guidance: number): Denoiser {
  if (guidance === 1) return (latents, timestep) => unet(latents, timestep, states);
  if (negativeStates?.shape.join() !== states.shape.join()) {
    throw new InputError(
      `Guidance ${guidance} needs states of the negative prompts shaped [${states.shape}], but got ` +
        `${negativeStates ? `[${negativeStates.shape}]` : 'none'}.`,
      'Encode both prompts with one encoder, or use guidance 1.',
    );
  }
  const both = joinBatches(negativeStates, states);
  return async (latents, timestep) => {
    const { data } = await unet(joinBatches(latents, latents), timestep, both);
    const half = data.length / 2;
    const mixed = new Float32Array(half);
    for (let i = 0; i < half; i++) {
      const negative = data[i] as number;
      mixed[i] = negative + guidance * ((data[half + i] as number) - negative);
    }
    return floatTensor(mixed, latents.shape);
  };
}

/** Two tensors that differ in nothing but their first axis, one after the other along it. */
export function joinBatches(first: FloatTensor, second: FloatTensor): FloatTensor {
  const data = new Float32Array(first.data.length + second.data.length);
  data.set(first.data);
  data.set(second.data, first.data.length);
  const [a = 0, ...rest] = first.shape;
  const [b = 0] = second.shape;
  return floatTensor(data, [a + b, ...rest]);
}
