/**
 * Multistep consistency sampling: Luo et al., "Latent consistency models", 2023, algorithm 3. LCMScheduler in diffusers.
 *
 * For models that were distilled to say the finished picture from any noise level (or with an LCM LoRA): 2 to 8 steps at
 * guidance 1 to 2. Other models give blurred pictures with it.
 */

import type { SchedulerConfig } from './config.ts';
import { consistencyDefaults, consistencyTimesteps } from './consistency.ts';
import { weightedSum } from './linear.ts';
import { addNoise, levelAt } from './noise.ts';
import { clipped, predictX0 } from './prediction.ts';
import type { Scheduler } from './scheduler.ts';
import { variancePreserving } from './variancePreserving.ts';

/** Standard deviation of the data, which balances the boundary condition. */
const dataSigma = 0.5;

export const lcm: Scheduler = {
  className: 'LCMScheduler',
  defaults: consistencyDefaults,
  create(config, schedule, run) {
    const timesteps = consistencyTimesteps(config, run);
    return {
      ...variancePreserving(schedule),
      timesteps,
      needsNoise: timesteps.length > 1,
      /** The picture that the model sees; then, but for the last step, new noise over it. */
      step(modelOutput, call, sample, noise) {
        const timestep = timesteps[call] as number;
        const level = levelAt(schedule, timestep);
        const x0 = clipped(config, predictX0(config.predictionType, level, modelOutput, sample));
        const { skip, out } = boundaryScaling(config, timestep);
        const denoised = weightedSum([out, x0], [skip, sample]);
        const next = timesteps[call + 1];
        return next === undefined ? denoised : addNoise(levelAt(schedule, next), denoised, noise());
      },
    };
  },
};

/**
 * How sample and prediction are mixed so that at time step 0 the sample itself is the picture, as a consistency function
 * must have it (Song et al., "Consistency models", 2023, equation 5 and appendix C).
 */
export function boundaryScaling(
  { timestepScaling }: Pick<SchedulerConfig, 'timestepScaling'>,
  timestep: number,
): { skip: number; out: number } {
  const scaled = timestep * timestepScaling;
  const norm = Math.hypot(scaled, dataSigma);
  return { skip: (dataSigma / norm) ** 2, out: scaled / norm };
}
