/**
 * DPM-Solver++(2S) with ancestral sampling: `sample_dpmpp_2s_ancestral` of k-diffusion (Crowson), after Lu et al.,
 * "DPM-Solver++", 2022, algorithm 1.
 *
 * diffusers has no such class: the name is made after its others, for scheduler configs of ours.
 */
import { weightedSum } from './linear.ts';
import { ancestralMiddle, midpointSampler, towards } from './midpoint.ts';
import type { Scheduler } from './scheduler.ts';
import { ancestralStep } from './sigma.ts';

export const dpm2sAncestral: Scheduler = {
  className: 'DPMSolver2SAncestralDiscreteScheduler',
  eta: 1,
  defaults: {},
  create(config, schedule, run) {
    const { eta } = run;
    return midpointSampler(config, schedule, run, {
      needsNoise: eta > 0,
      middle: ancestralMiddle(eta),
      half: ({ from, middle }, sample, x0) => towards(from, middle, sample, x0),
      whole({ from, to }, { sample }, _, x0, noise) {
        const { down, fresh } = ancestralStep(from, to, eta);
        const next = towards(from, down, sample, x0);
        return eta > 0 ? weightedSum([1, next], [fresh, noise()]) : next;
      },
    });
  },
};
