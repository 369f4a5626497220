/**
 * Euler's method on the probability flow: Karras et al. 2022, algorithm 2 without churn.
 * EulerDiscreteScheduler in diffusers.
 */
import { weightedSum } from './linear.ts';
import type { Scheduler } from './scheduler.ts';
import { ladderOf, onLadder, slopeAt, trainingSigmas, x0At } from './sigma.ts';

export const euler: Scheduler = {
  className: 'EulerDiscreteScheduler',
  defaults: {},
  create(config, schedule, run) {
    const end = config.finalSigmasType === 'sigma_min' ? trainingSigmas(schedule)[0] : 0;
    const ladder = ladderOf(config, schedule, run, end);
    return {
      ...onLadder(ladder, schedule),
      needsNoise: false,
      step(modelOutput, call, sample) {
        const [from, to] = ladder.sigmas.slice(call, call + 2) as [number, number];
        const slope = slopeAt(from, sample, x0At(from, config, modelOutput, sample));
        return weightedSum([1, sample], [to - from, slope]);
      },
    };
  },
};
