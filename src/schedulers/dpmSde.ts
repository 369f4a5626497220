/**
 * DPM-Solver++ on the reverse SDE, single-step: `sample_dpmpp_sde` of k-diffusion (Crowson), after Lu et al.,
 * "DPM-Solver++", 2022. DPMSolverSDEScheduler in diffusers.
 *
 * The noise is a Brownian path over the time -log sigma, so that a seed gives nearly the same picture in any number of
 * steps. diffusers takes such a path from torchsde, over sigma and out of other random numbers: its pictures differ.
 */
import { type BrownianPath, brownianPath } from './brownian.ts';
import { weightedSum } from './linear.ts';
import { geometricMean, type MidpointMethod, midpointSampler, towards } from './midpoint.ts';
import type { NoiseSource, Scheduler } from './scheduler.ts';
import { ancestralStep, trainingSigmas } from './sigma.ts';

export const dpmSde: Scheduler = {
  className: 'DPMSolverSDEScheduler',
  eta: 1,
  defaults: { betaStart: 0.00085, betaEnd: 0.012 },
  create(config, schedule, run) {
    const table = trainingSigmas(schedule);
    const range = [-Math.log(table.at(-1) as number), -Math.log(table[0] as number)] as const;
    let path: BrownianPath | undefined;
    return midpointSampler(
      config,
      schedule,
      run,
      methodOf(run.eta, (noise, from, to) => {
        path ??= brownianPath(noise, range);
        return path(-Math.log(from), -Math.log(to));
      }),
    );
  },
};

/** `drawn`: standard normal noise that belongs to the way between two levels. */
function methodOf(
  eta: number,
  drawn: (noise: NoiseSource, from: number, to: number) => Float32Array,
): MidpointMethod {
  const advance = (
    [from, to]: readonly [number, number],
    sample: Float32Array,
    x0: Float32Array,
    noise: NoiseSource,
  ) => {
    const { down, fresh } = ancestralStep(from, to, eta);
    const next = towards(from, down, sample, x0);
    return eta > 0 ? weightedSum([1, next], [fresh, drawn(noise, from, to)]) : next;
  };
  return {
    needsNoise: eta > 0,
    middle: geometricMean,
    half: ({ from, middle }, sample, x0, noise) => advance([from, middle], sample, x0, noise),
    // With the second call in the middle, its picture alone stands for the whole step.
    whole: ({ from, to }, { sample }, _, x0, noise) => advance([from, to], sample, x0, noise),
  };
}
