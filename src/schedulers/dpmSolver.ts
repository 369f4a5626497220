/**
 * DPM-Solver and DPM-Solver++, multistep: Lu et al., "DPM-Solver", 2022, and "DPM-Solver++", 2022; the stochastic
 * forms solve the reverse SDE in the same way. DPMSolverMultistepScheduler in diffusers.
 */
import { ConfigError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';
import {
  type Differences,
  differences,
  factorsOf,
  integrate,
  integratesNoise,
  isStochastic,
  predicted,
  usesHeun,
} from './exponential.ts';
import { weightedSum } from './linear.ts';
import type { NoiseLevel } from './noise.ts';
import type { Scheduler } from './scheduler.ts';
import { isNoStep, onLevels, refuseNoiselessEnd, solverLevels } from './solverLevels.ts';

/** Below this many steps, diffusers lowers the order at the end. */
export const shortRun = 15;

export const dpmSolver: Scheduler = {
  className: 'DPMSolverMultistepScheduler',
  defaults: { finalSigmasType: 'sigma_min' },
  create(config, schedule, run) {
    refuseUnknownThirdOrder(config);
    refuseNoiselessEnd(config, integratesNoise(config));
    const solver = solverLevels(config, schedule, run);
    const { timesteps, levels } = solver;
    const last = timesteps.length - 1;
    const lowers = config.lowerOrderFinal && timesteps.length + run.skipped < shortRun;
    const lowersLast = config.eulerAtFinal || config.finalSigmasType === 'zero';
    const needsNoise = isStochastic(config);
    let known: readonly Float32Array[] = [];
    return {
      ...onLevels(solver, schedule),
      needsNoise,
      step(modelOutput, call, sample, noise) {
        const [from, to] = levels.slice(call, call + 2) as [NoiseLevel, NoiseLevel];
        known = [predicted(config, from, modelOutput, sample), ...known].slice(0, config.solverOrder);
        if (isNoStep(from, to)) return sample;
        const most = lowers ? last - call + 1 : config.solverOrder;
        const order = Math.min(known.length, call === last && lowersLast ? 1 : most);
        const factors = factorsOf(config, from, to);
        const parts: Differences = differences(known.slice(0, order), levels.slice(0, call + 2));
        // Third order always takes the exact integral of the slope; second order has a choice.
        const ofSlope = order === 2 && !usesHeun(config) ? factors.value / 2 : factors.slope;
        const next = integrate(factors, sample, parts, ofSlope);
        return needsNoise ? weightedSum([1, next], [factors.noise, noise()]) : next;
      },
    };
  },
};

/** There is a third order of sde-dpmsolver++ (`sample_dpmpp_3m_sde` of k-diffusion), but none of sde-dpmsolver. */
function refuseUnknownThirdOrder({ solverOrder, algorithmType }: SchedulerConfig): void {
  if (solverOrder <= 2 || algorithmType !== 'sde-dpmsolver') return;
  throw new ConfigError(
    `The scheduler config combines solver_order ${solverOrder} with algorithm_type "${algorithmType}", for which there is no such formula.`,
    'Use solver_order 2, or algorithm_type "sde-dpmsolver++".',
  );
}
