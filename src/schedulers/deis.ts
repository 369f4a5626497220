/**
 * DEIS: Zhang and Chen, "Fast sampling of diffusion models with exponential integrator", 2023, the multistep form with
 * a polynomial in log rho (rho = sigma / alpha). DEISMultistepScheduler in diffusers.
 *
 * log rho is minus the solvers' time lambda, so that this is DPM-Solver with every integral taken exactly.
 */
import { shortRun } from './dpmSolver.ts';
import { differences, factorsOf, integrate } from './exponential.ts';
import type { NoiseLevel } from './noise.ts';
import { predictEpsilon } from './prediction.ts';
import type { Scheduler } from './scheduler.ts';
import { isNoStep, onLevels, solverLevels } from './solverLevels.ts';

export const deis: Scheduler = {
  className: 'DEISMultistepScheduler',
  defaults: { algorithmType: 'deis', solverType: 'logrho' },
  create(config, schedule, run) {
    // The class always ends at time step 0.
    const solver = solverLevels({ ...config, finalSigmasType: 'sigma_min' }, schedule, run);
    const { timesteps, levels } = solver;
    const last = timesteps.length - 1;
    const lowers = config.lowerOrderFinal && timesteps.length + run.skipped < shortRun;
    let known: readonly Float32Array[] = [];
    return {
      ...onLevels(solver, schedule),
      needsNoise: false,
      step(modelOutput, call, sample) {
        const [from, to] = levels.slice(call, call + 2) as [NoiseLevel, NoiseLevel];
        known = [predictEpsilon(config.predictionType, from, modelOutput, sample), ...known].slice(
          0,
          config.solverOrder,
        );
        if (isNoStep(from, to)) return sample;
        const order = Math.min(known.length, lowers ? last - call + 1 : config.solverOrder);
        const factors = factorsOf({ ...config, algorithmType: 'dpmsolver' }, from, to);
        // A quadratic curves by twice the second divided difference, which DPM-Solver's formula leaves at once.
        const exact = { ...factors, curvature: 2 * factors.curvature };
        return integrate(exact, sample, differences(known.slice(0, order), levels.slice(0, call + 2)));
      },
    };
  },
};
