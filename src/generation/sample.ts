/**
 * The sampling loop: from noise to latents, one model call at a time.
 *
 * Knows no engine, no file and no prompt: it runs unchanged in a browser. A caller watches, previews and stops it
 * simply by how it iterates.
 */
import { InputError } from '../errors.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import type { NoiseSource, Sampler } from '../schedulers/scheduler.ts';
import type { Denoiser } from './guidance.ts';

export interface Sampling {
  readonly denoise: Denoiser;
  /** Fresh: a sampler serves one run. */
  readonly sampler: Sampler;
  /** [batch, channels, height, width], as noisy as the sampler's first time step; see start.ts. */
  readonly latents: FloatTensor;
  /** For samplers that draw noise in their steps. */
  readonly noise?: NoiseSource;
  /** Changes the latents after each call, which is counted from 0: inpainting puts back what is to stay. */
  readonly settle?: (latents: FloatTensor, call: number) => FloatTensor;
  readonly signal?: AbortSignal;
}

/** What one model call did. The arrays are never written to again. */
export interface Step {
  /** Model calls so far, 1 after the first. */
  readonly call: number;
  /** Model calls of the whole run; some samplers need more of them than they do steps. */
  readonly calls: number;
  readonly timestep: number;
  /** What the model was shown: the latents before this step, scaled as it was trained. */
  readonly seen: FloatTensor;
  /** What the model said, guidance included. */
  readonly prediction: FloatTensor;
  /** The latents after this step. */
  readonly latents: FloatTensor;
}

/**
 * Yields after each model call and returns the last latents. Ends early when its consumer breaks off; throws the
 * reason of `signal` (an AbortError unless told otherwise) before the next call once that is aborted, and InputError
 * for a sampler that draws noise where there is no source of it.
 */
export async function* sample(run: Sampling): AsyncGenerator<Step, FloatTensor, undefined> {
  const { denoise, sampler, noise = noNoise, settle = (same) => same, signal } = run;
  const { shape } = run.latents;
  const calls = sampler.timesteps.length;
  let { latents } = run;
  for (const [call, timestep] of sampler.timesteps.entries()) {
    signal?.throwIfAborted();
    const seen = floatTensor(sampler.scaleInput(latents.data, call), shape);
    const prediction = await denoise(seen, timestep);
    latents = settle(floatTensor(sampler.step(prediction.data, call, latents.data, noise), shape), call);
    yield { call: call + 1, calls, timestep, seen, prediction, latents };
  }
  return latents;
}

function noNoise(): never {
  throw new InputError('This sampler draws noise in its steps.', 'Give the run a source of noise.');
}
