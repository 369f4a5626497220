/**
 * Strategic stochastic sampling: Zheng et al., "Trajectory consistency distillation", 2024, algorithm 2. TCDScheduler in
 * diffusers.
 *
 * For models that were distilled to jump along the trajectory (or with a TCD LoRA). `eta` (the paper's gamma) is the share
 * of a step that goes further down than asked and comes back with fresh noise.
 */
import { consistencyDefaults, consistencyTimesteps } from './consistency.ts';
import { weightedSum } from './linear.ts';
import { levelAt } from './noise.ts';
import { clipped, predictEpsilon, predictX0 } from './prediction.ts';
import type { Scheduler } from './scheduler.ts';
import { variancePreserving } from './variancePreserving.ts';

export const tcd: Scheduler = {
  className: 'TCDScheduler',
  eta: 0.3,
  defaults: consistencyDefaults,
  create(config, schedule, run) {
    const timesteps = consistencyTimesteps(config, run);
    const { eta } = run;
    return {
      ...variancePreserving(schedule),
      timesteps,
      needsNoise: eta > 0 && timesteps.length > 1,
      step(modelOutput, call, sample, noise) {
        const from = levelAt(schedule, timesteps[call] as number);
        const next = timesteps[call + 1];
        const below = levelAt(schedule, Math.floor((1 - eta) * (next ?? 0)));
        const x0 = clipped(config, predictX0(config.predictionType, from, modelOutput, sample));
        const epsilon = predictEpsilon(config.predictionType, from, modelOutput, sample);
        const lower = weightedSum([below.alpha, x0], [below.sigma, epsilon]);
        if (next === undefined || eta === 0) return lower;
        const to = levelAt(schedule, next);
        const kept = to.alpha / below.alpha;
        return weightedSum([kept, lower], [Math.sqrt(1 - kept ** 2), noise()]);
      },
    };
  },
};
