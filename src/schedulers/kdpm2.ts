/**
 * DPM-Solver-2 on plain noise levels, as Karras et al. 2022 write theirs, with the second call in the middle of the
 * levels' logarithms, and the same with ancestral sampling: `sample_dpm_2` and `sample_dpm_2_ancestral` of k-diffusion
 * (Crowson), after Lu et al., "DPM-Solver", 2022, algorithm 1. KDPM2DiscreteScheduler and
 * KDPM2AncestralDiscreteScheduler in diffusers.
 */
import { weightedSum } from './linear.ts';
import { ancestralMiddle, geometricMean, midpointSampler } from './midpoint.ts';
import type { Scheduler } from './scheduler.ts';
import { ancestralStep, slopeAt } from './sigma.ts';

const defaults = { betaStart: 0.00085, betaEnd: 0.012 };

export const kdpm2: Scheduler = {
  className: 'KDPM2DiscreteScheduler',
  defaults,
  create: (config, schedule, run) =>
    midpointSampler(config, schedule, run, {
      needsNoise: false,
      middle: geometricMean,
      half: ({ from, middle }, sample, x0) =>
        weightedSum([1, sample], [middle - from, slopeAt(from, sample, x0)]),
      whole: ({ from, middle, to }, { sample }, seen, x0) =>
        weightedSum([1, sample], [to - from, slopeAt(middle, seen, x0)]),
    }),
};

export const kdpm2Ancestral: Scheduler = {
  className: 'KDPM2AncestralDiscreteScheduler',
  eta: 1,
  defaults,
  create(config, schedule, run) {
    const { eta } = run;
    return midpointSampler(config, schedule, run, {
      needsNoise: eta > 0,
      middle: ancestralMiddle(eta),
      half: ({ from, middle }, sample, x0) =>
        weightedSum([1, sample], [middle - from, slopeAt(from, sample, x0)]),
      whole({ from, middle, to }, { sample }, seen, x0, noise) {
        const { down, fresh } = ancestralStep(from, to, eta);
        const next = weightedSum([1, sample], [down - from, slopeAt(middle, seen, x0)]);
        return eta > 0 ? weightedSum([1, next], [fresh, noise()]) : next;
      },
    });
  },
};
