/**
 * DPM-Solver and DPM-Solver++, multistep: Lu et al., "DPM-Solver", 2022, and "DPM-Solver++", 2022; the stochastic
 * forms solve the reverse SDE in the same way. DPMSolverMultistepScheduler in diffusers.
 *
 * A step integrates a polynomial through the last predictions over the time lambda = log(alpha / sigma), exactly.
 */
import { ConfigError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';
import { type Term, weightedSum } from './linear.ts';
import { logSnr, type NoiseLevel } from './noise.ts';
import { predictEpsilon, predictX0 } from './prediction.ts';
import type { Scheduler } from './scheduler.ts';
import { solverTimesteps } from './solverTimesteps.ts';
import { variancePreserving } from './variancePreserving.ts';

/** Below this many steps, diffusers lowers the order at the end. */
const shortRun = 15;

export const dpmSolver: Scheduler = {
  className: 'DPMSolverMultistepScheduler',
  defaults: {},
  create(config, schedule, run) {
    refuseStochasticThirdOrder(config);
    const { timesteps, levels } = solverTimesteps(config, schedule, run);
    const last = timesteps.length - 1;
    const lowers = config.lowerOrderFinal && timesteps.length + run.skipped < shortRun;
    const needsNoise = isStochastic(config);
    const predict = predictsNoise(config) ? predictEpsilon : predictX0;
    let known: readonly Float32Array[] = [];
    return {
      ...variancePreserving(schedule),
      timesteps,
      needsNoise,
      step(modelOutput, call, sample, noise) {
        const [from, to] = levels.slice(call, call + 2) as [NoiseLevel, NoiseLevel];
        known = [predict(config.predictionType, from, modelOutput, sample), ...known].slice(
          0,
          config.solverOrder,
        );
        if (logSnr(from) === logSnr(to)) return sample; // Karras levels end at time step 0 already.
        const order = Math.min(known.length, lowers ? last - call + 1 : config.solverOrder);
        const factors = factorsOf(config, from, to);
        const [value, slope, curvature] = differences(known.slice(0, order), levels.slice(0, call + 2));
        // Third order always takes the exact integral of the slope; second order has a choice.
        const ofSlope = order === 2 && !usesHeun(config) ? factors.value / 2 : factors.slope;
        const terms: Term[] = [
          [factors.sample, sample],
          [factors.value, value],
        ];
        if (slope) terms.push([ofSlope, slope]);
        if (curvature) terms.push([factors.curvature, curvature]);
        const next = weightedSum(...terms);
        return needsNoise ? weightedSum([1, next], [factors.noise, noise()]) : next;
      },
    };
  },
};

interface Factors {
  readonly sample: number;
  /** Of the latest prediction. */
  readonly value: number;
  /** Of its first difference, by the exact integral. */
  readonly slope: number;
  /** Of its second difference. */
  readonly curvature: number;
  readonly noise: number;
}

/** How a step from one noise level to the next weighs what it knows. */
function factorsOf({ algorithmType }: SchedulerConfig, from: NoiseLevel, to: NoiseLevel): Factors {
  const h = logSnr(to) - logSnr(from);
  const noiseless = { curvature: 0, noise: 0 };
  switch (algorithmType) {
    case 'deis': // diffusers takes this name for DPM-Solver++, too
    case 'dpmsolver++': {
      const e = Math.expm1(-h);
      return {
        sample: to.sigma / from.sigma,
        value: -to.alpha * e,
        slope: to.alpha * (e / h + 1),
        curvature: -to.alpha * ((e + h) / h ** 2 - 0.5),
        noise: 0,
      };
    }
    case 'dpmsolver': {
      const e = Math.expm1(h);
      return {
        sample: to.alpha / from.alpha,
        value: -to.sigma * e,
        slope: -to.sigma * (e / h - 1),
        curvature: -to.sigma * ((e - h) / h ** 2 - 0.5),
        noise: 0,
      };
    }
    case 'sde-dpmsolver++': {
      const e = -Math.expm1(-2 * h);
      return {
        ...noiseless,
        sample: (to.sigma / from.sigma) * Math.exp(-h),
        value: to.alpha * e,
        slope: to.alpha * (1 - e / (2 * h)),
        noise: to.sigma * Math.sqrt(e),
      };
    }
    case 'sde-dpmsolver': {
      const e = Math.expm1(h);
      return {
        ...noiseless,
        sample: to.alpha / from.alpha,
        value: -2 * to.sigma * e,
        slope: -2 * to.sigma * (e / h - 1),
        noise: to.sigma * Math.sqrt(Math.expm1(2 * h)),
      };
    }
  }
}

/**
 * The latest prediction and its differences over lambda, in units of the coming step.
 * `predictions`: one to three, the latest first. `path`: all noise levels up to the end of the coming step.
 */
function differences(
  predictions: readonly Float32Array[],
  path: readonly NoiseLevel[],
): [Float32Array, Float32Array?, Float32Array?] {
  const [m0, m1, m2] = predictions as [Float32Array, Float32Array?, Float32Array?];
  const lambda = (back: number) => logSnr(path.at(-1 - back) as NoiseLevel);
  const h = lambda(0) - lambda(1);
  if (!m1) return [m0];
  const r0 = (lambda(1) - lambda(2)) / h;
  const near = weightedSum([1 / r0, m0], [-1 / r0, m1]);
  if (!m2) return [m0, near];
  const r1 = (lambda(2) - lambda(3)) / h;
  const far = weightedSum([1 / r1, m1], [-1 / r1, m2]);
  const curvature = weightedSum([1 / (r0 + r1), near], [-1 / (r0 + r1), far]);
  return [m0, weightedSum([1, near], [r0, curvature]), curvature];
}

function isStochastic({ algorithmType }: SchedulerConfig): boolean {
  return algorithmType.startsWith('sde-');
}

function predictsNoise({ algorithmType }: SchedulerConfig): boolean {
  return algorithmType === 'dpmsolver' || algorithmType === 'sde-dpmsolver';
}

/** UniPC's solver types, which a shared config may hold, count as midpoint. */
function usesHeun({ solverType }: SchedulerConfig): boolean {
  return solverType === 'heun';
}

function refuseStochasticThirdOrder(config: SchedulerConfig): void {
  if (config.solverOrder <= 2 || !isStochastic(config)) return;
  throw new ConfigError(
    `The scheduler config combines solver_order ${config.solverOrder} with algorithm_type "${config.algorithmType}", for which there is no such formula.`,
    'Use solver_order 2.',
  );
}
