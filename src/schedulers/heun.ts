/**
 * Heun's method on the probability flow: Karras et al. 2022, algorithm 1. HeunDiscreteScheduler in diffusers.
 *
 * Every step but the last calls the model twice: at its start and at Euler's guess of its end.
 */
import { weightedSum } from './linear.ts';
import { clipped } from './prediction.ts';
import type { Scheduler } from './scheduler.ts';
import { type Ladder, ladderOf, onLadder, slopeAt, x0At } from './sigma.ts';

export const heun: Scheduler = {
  className: 'HeunDiscreteScheduler',
  defaults: { betaStart: 0.00085, betaEnd: 0.012 },
  create(config, schedule, run) {
    const ladder = twice(ladderOf(config, schedule, run));
    let begun: { sample: Float32Array; slope: Float32Array; distance: number } | undefined;
    return {
      ...onLadder(ladder, schedule),
      needsNoise: false,
      step(modelOutput, call, sample) {
        const sigma = ladder.sigmas[call] as number;
        const x0 = clipped(config, x0At(sigma, config, modelOutput, sample));
        const slope = slopeAt(sigma, sample, x0);
        if (!begun) {
          const distance = (ladder.sigmas[call + 1] as number) - sigma;
          begun = { sample, slope, distance };
          return weightedSum([1, sample], [distance, slope]);
        }
        const { sample: start, slope: first, distance } = begun;
        begun = undefined;
        return weightedSum([1, start], [distance / 2, first], [distance / 2, slope]);
      },
    };
  },
};

/** One entry a model call: all levels twice except the first and the final 0. */
function twice({ timesteps, sigmas, initNoiseSigma }: Ladder): Ladder {
  const repeated = <Value>(values: readonly Value[]) =>
    values.flatMap((value, i) => (i ? [value, value] : [value]));
  return { timesteps: repeated(timesteps), sigmas: repeated(sigmas).slice(0, -1), initNoiseSigma };
}
