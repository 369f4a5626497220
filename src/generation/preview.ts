/**
 * What the model takes the finished picture to be, in the middle of a run: a preview that decodes to something that
 * one can look at long before the latents themselves do.
 */

import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import type { PredictionType } from '../schedulers/config.ts';
import { predictX0 } from '../schedulers/prediction.ts';
import type { Sampler } from '../schedulers/scheduler.ts';
import type { Step } from './sample.ts';

/** The predicted x_0 of a step, in the same scale as latents. */
export function predictedOriginal(
  sampler: Pick<Sampler, 'addNoise'>,
  predictionType: PredictionType,
  { timestep, seen, prediction }: Pick<Step, 'timestep' | 'seen' | 'prediction'>,
): FloatTensor {
  // `addNoise` is linear, so that one value of signal and one of noise show its two factors.
  const factor = (original: number, noise: number) =>
    sampler.addNoise(Float32Array.of(original), Float32Array.of(noise), timestep)[0] as number;
  const alpha = factor(1, 0);
  const sigma = factor(0, 1);
  // What the model sees has variance 1, whatever scale the sampler keeps its latents in.
  const norm = Math.hypot(alpha, sigma);
  const level = { alpha: alpha / norm, sigma: sigma / norm };
  return floatTensor(predictX0(predictionType, level, prediction.data, seen.data), seen.shape);
}
