/**
 * The latents that a run starts from: nothing but noise, or a picture under noise.
 */

import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import type { NoiseSource, Sampler } from '../schedulers/scheduler.ts';

/** A normal distribution over latents as the VAE's encoder gives it, not scaled; both [1, channels, h, w]. */
export interface EncodedPicture {
  readonly mean: FloatTensor;
  readonly std: FloatTensor;
}

/** Text to image: noise as strong as the sampler wants. `shape`: [batch, channels, h, w]. */
export function pureNoise(sampler: Sampler, noise: NoiseSource, shape: readonly number[]): FloatTensor {
  return scaledNoise(sampler, noise(), shape);
}

/** Standard normal `noise`, drawn already, as strong as the sampler wants. */
export function scaledNoise(sampler: Sampler, noise: Float32Array, shape: readonly number[]): FloatTensor {
  return floatTensor(
    noise.map((value) => value * sampler.initNoiseSigma),
    shape,
  );
}

/** A picture on its way into a run; arrays and tensor are [batch, channels, h, w]. */
export interface NoisedPicture {
  readonly original: Float32Array;
  readonly noise: Float32Array;
  readonly latents: FloatTensor;
}

/**
 * Image to image (Meng et al., "SDEdit", arXiv 2108.01073): one draw of noise picks latents from the picture's
 * distribution, a second one covers them up to the sampler's first time step. The sampler's strength decides how much
 * of them that leaves. `shape`: [batch, channels, h, w], all of the one picture.
 */
export function noisedPicture(
  sampler: Sampler,
  noise: NoiseSource,
  shape: readonly number[],
  picture: EncodedPicture,
  scalingFactor: number,
): NoisedPicture {
  const original = drawLatents(picture, noise(), scalingFactor);
  const cover = noise();
  const latents = floatTensor(sampler.addNoise(original, cover, sampler.timesteps[0] as number), shape);
  return { original, noise: cover, latents };
}

/** Scaled latents out of the distribution, for each picture of the batch that `noise` is drawn for. */
export function drawLatents(
  { mean, std }: EncodedPicture,
  noise: Float32Array,
  scalingFactor: number,
): Float32Array {
  const size = mean.data.length;
  return noise.map(
    (value, i) => scalingFactor * ((mean.data[i % size] as number) + (std.data[i % size] as number) * value),
  );
}
