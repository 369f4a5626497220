/**
 * What a model output says about the picture and about the noise. Knows no sampler.
 *
 * With x = alpha x_0 + sigma e, any one of epsilon (e), sample (x_0) and v (alpha e - sigma x_0) gives the others.
 */
import type { PredictionType, SchedulerConfig } from './config.ts';
import { weightedSum } from './linear.ts';
import type { NoiseLevel } from './noise.ts';

/** Factors of the sample and of the model output. */
type Weights = readonly [sample: number, output: number];

/** How the picture x_0 is made of sample and model output. */
export function x0Weights(type: PredictionType, { alpha, sigma }: NoiseLevel): Weights {
  switch (type) {
    case 'epsilon':
      return [1 / alpha, -sigma / alpha];
    case 'v_prediction':
      return [alpha, -sigma];
    case 'sample':
      return [0, 1];
  }
}

/** How the noise e is made of sample and model output. */
export function epsilonWeights(type: PredictionType, { alpha, sigma }: NoiseLevel): Weights {
  switch (type) {
    case 'epsilon':
      return [0, 1];
    case 'v_prediction':
      return [sigma, alpha];
    case 'sample':
      return [1 / sigma, -alpha / sigma];
  }
}

/** The picture x_0 that the model sees in `sample`. */
export function predictX0(
  type: PredictionType,
  level: NoiseLevel,
  modelOutput: Float32Array,
  sample: Float32Array,
): Float32Array {
  const [ofSample, ofOutput] = x0Weights(type, level);
  return weightedSum([ofSample, sample], [ofOutput, modelOutput]);
}

/** The noise that the model sees in `sample`. */
export function predictEpsilon(
  type: PredictionType,
  level: NoiseLevel,
  modelOutput: Float32Array,
  sample: Float32Array,
): Float32Array {
  const [ofSample, ofOutput] = epsilonWeights(type, level);
  return weightedSum([ofSample, sample], [ofOutput, modelOutput]);
}

/** `x0`, clipped where the config says so. */
export function clipped(
  { clipSample, clipSampleRange: range }: SchedulerConfig,
  x0: Float32Array,
): Float32Array {
  return clipSample ? x0.map((value) => Math.min(Math.max(value, -range), range)) : x0;
}
