/**
 * Euler's method with ancestral sampling: each step goes down further than asked and then adds fresh noise.
 * `sample_euler_ancestral` of k-diffusion (Crowson), EulerAncestralDiscreteScheduler in diffusers.
 */
import { type Term, weightedSum } from './linear.ts';
import type { Scheduler } from './scheduler.ts';
import { ancestralStep, ladderOf, onLadder, slopeAt, x0At } from './sigma.ts';

/** The class has no other levels. */
const levelsOfTimesteps = {
  useKarrasSigmas: false,
  useExponentialSigmas: false,
  useLuLambdas: false,
  useBetaSigmas: false,
};

export const eulerAncestral: Scheduler = {
  className: 'EulerAncestralDiscreteScheduler',
  eta: 1,
  defaults: {},
  create(config, schedule, run) {
    const ladder = ladderOf({ ...config, ...levelsOfTimesteps }, schedule, run);
    return {
      ...onLadder(ladder, schedule),
      needsNoise: run.eta > 0,
      step(modelOutput, call, sample, noise) {
        const [from, to] = ladder.sigmas.slice(call, call + 2) as [number, number];
        const { down, fresh } = ancestralStep(from, to, run.eta);
        const freshNoise: Term[] = run.eta > 0 ? [[fresh, noise()]] : [];
        const slope = slopeAt(from, sample, x0At(from, config, modelOutput, sample));
        return weightedSum([1, sample], [down - from, slope], ...freshNoise);
      },
    };
  },
};
