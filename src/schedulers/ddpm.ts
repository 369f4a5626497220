/**
 * DDPM: Ho, Jain and Abbeel, "Denoising diffusion probabilistic models", 2020. DDPMScheduler in diffusers.
 */
import type { VarianceType } from './config.ts';
import { weightedSum } from './linear.ts';
import { levelAt, levelOf, type NoiseLevel } from './noise.ts';
import { clipped, predictX0 } from './prediction.ts';
import type { Scheduler } from './scheduler.ts';
import { wholeTimesteps } from './spacing.ts';
import { variancePreserving } from './variancePreserving.ts';

const leastVariance = 1e-20;

export const ddpm: Scheduler = {
  className: 'DDPMScheduler',
  defaults: { timestepSpacing: 'leading', clipSample: true },
  create(config, schedule, { steps, skipped }) {
    const timesteps = wholeTimesteps(config, steps).slice(skipped);
    const stride = Math.floor(config.numTrainTimesteps / steps);
    return {
      ...variancePreserving(schedule),
      timesteps,
      needsNoise: true,
      /** The posterior of equation 7, with the predicted x_0. */
      step(modelOutput, call, sample, noise) {
        const timestep = timesteps[call] as number;
        const from = levelAt(schedule, timestep);
        const to = timestep < stride ? levelOf(1) : levelAt(schedule, timestep - stride);
        const x0 = clipped(config, predictX0(config.predictionType, from, modelOutput, sample));
        const beta = betaBetween(from, to);
        const mean = weightedSum(
          [(to.alpha * beta) / from.sigma ** 2, x0],
          [((from.alpha / to.alpha) * to.sigma ** 2) / from.sigma ** 2, sample],
        );
        if (timestep === 0) return mean;
        return weightedSum([1, mean], [deviation(config.varianceType, from, to), noise()]);
      },
    };
  },
};

/** The beta of one step that goes all the way from `from` to `to`. */
function betaBetween(from: NoiseLevel, to: NoiseLevel): number {
  return 1 - (from.alpha / to.alpha) ** 2;
}

/** The two choices of section 3.2: the posterior's variance, or beta. */
function deviation(type: VarianceType, from: NoiseLevel, to: NoiseLevel): number {
  const beta = betaBetween(from, to);
  if (type === 'fixed_large') return Math.sqrt(beta);
  return Math.sqrt(Math.max((to.sigma / from.sigma) ** 2 * beta, leastVariance));
}
