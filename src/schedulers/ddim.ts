/**
 * DDIM: Song, Meng and Ermon, "Denoising diffusion implicit models", 2021. DDIMScheduler in diffusers.
 */
import { weightedSum } from './linear.ts';
import { finalLevel, levelAt } from './noise.ts';
import { clipped, predictEpsilon, predictX0 } from './prediction.ts';
import type { Scheduler } from './scheduler.ts';
import { wholeTimesteps } from './spacing.ts';
import { variancePreserving } from './variancePreserving.ts';

export const ddim: Scheduler = {
  className: 'DDIMScheduler',
  eta: 0,
  defaults: { timestepSpacing: 'leading', clipSample: true, setAlphaToOne: true },
  create(config, schedule, { steps, skipped, eta }) {
    const timesteps = wholeTimesteps(config, steps).slice(skipped);
    // As in diffusers, a step goes down by this much even where the next time step lies elsewhere.
    const stride = Math.floor(config.numTrainTimesteps / steps);
    return {
      ...variancePreserving(schedule),
      timesteps,
      needsNoise: eta > 0,
      /** Equations 12 and 16. */
      step(modelOutput, call, sample, noise) {
        const timestep = timesteps[call] as number;
        const from = levelAt(schedule, timestep);
        const to = timestep < stride ? finalLevel(config, schedule) : levelAt(schedule, timestep - stride);
        const x0 = clipped(config, predictX0(config.predictionType, from, modelOutput, sample));
        const epsilon = predictEpsilon(config.predictionType, from, modelOutput, sample);
        const fresh = eta * (to.sigma / from.sigma) * Math.sqrt(1 - (from.alpha / to.alpha) ** 2);
        const kept = Math.sqrt(Math.max(to.sigma ** 2 - fresh ** 2, 0));
        const next = weightedSum([to.alpha, x0], [kept, epsilon]);
        return eta > 0 ? weightedSum([1, next], [fresh, noise()]) : next;
      },
    };
  },
};
