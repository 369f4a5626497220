/**
 * Euler's method with ancestral sampling: each step goes down further than asked and then adds fresh noise.
 * `sample_euler_ancestral` of k-diffusion (Crowson), EulerAncestralDiscreteScheduler in diffusers.
 */
import { weightedSum } from './linear.ts';
import type { Scheduler } from './scheduler.ts';
import { ladderOf, onLadder, slopeAt, x0At } from './sigma.ts';

export const eulerAncestral: Scheduler = {
  className: 'EulerAncestralDiscreteScheduler',
  defaults: {},
  create(config, schedule, run) {
    // The class has no Karras levels.
    const ladder = ladderOf({ ...config, useKarrasSigmas: false }, schedule, run);
    return {
      ...onLadder(ladder, schedule),
      needsNoise: true,
      step(modelOutput, call, sample, noise) {
        const [from, to] = ladder.sigmas.slice(call, call + 2) as [number, number];
        const fresh = (to / from) * Math.sqrt(from ** 2 - to ** 2);
        const down = Math.sqrt(to ** 2 - fresh ** 2);
        const slope = slopeAt(from, sample, x0At(from, config, modelOutput, sample));
        return weightedSum([1, sample], [down - from, slope], [fresh, noise()]);
      },
    };
  },
};
