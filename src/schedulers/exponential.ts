/**
 * Exponential integrators, which DPM-Solver, its single-step form and DEIS share: a step integrates a polynomial
 * through predictions of the model over the time lambda = log(alpha / sigma), exactly
 * (Lu et al., "DPM-Solver", 2022, and "DPM-Solver++", 2022). Knows no sampler.
 */
import type { SchedulerConfig } from './config.ts';
import { type Term, weightedSum } from './linear.ts';
import { logSnr, type NoiseLevel } from './noise.ts';
import { predictEpsilon, predictX0 } from './prediction.ts';

/** How a step from one noise level to the next weighs what it knows. */
export interface Factors {
  readonly sample: number;
  /** Of the prediction at the start of the step. */
  readonly value: number;
  /** Of its first difference, by the exact integral. */
  readonly slope: number;
  /** Of its second difference. */
  readonly curvature: number;
  readonly noise: number;
}

/**
 * The factors of `config.algorithmType`. `to` may be without noise where the predictions are pictures; then only
 * `sample`, `value` and `noise` are of use.
 */
export function factorsOf({ algorithmType }: SchedulerConfig, from: NoiseLevel, to: NoiseLevel): Factors {
  const h = logSnr(to) - logSnr(from);
  switch (algorithmType) {
    case 'deis': // DPM-Solver of diffusers takes this name for DPM-Solver++, too
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
        sample: (to.sigma / from.sigma) * Math.exp(-h),
        value: to.alpha * e,
        slope: to.alpha * (1 - e / (2 * h)),
        curvature: to.alpha * ((e - 2 * h) / (2 * h) ** 2 + 0.5),
        noise: to.sigma * Math.sqrt(e),
      };
    }
    case 'sde-dpmsolver': {
      const e = Math.expm1(h);
      return {
        sample: to.alpha / from.alpha,
        value: -2 * to.sigma * e,
        slope: -2 * to.sigma * (e / h - 1),
        curvature: -2 * to.sigma * ((e - h) / h ** 2 - 0.5),
        noise: to.sigma * Math.sqrt(Math.expm1(2 * h)),
      };
    }
  }
}

/** A prediction at the start of a step, and its differences in units of the step: as many as the order has. */
export type Differences = readonly [value: Float32Array, slope?: Float32Array, curvature?: Float32Array];

/** The sample at the end of the step that `factors` belong to, before any noise; `ofSlope` may replace theirs. */
export function integrate(
  factors: Factors,
  sample: Float32Array,
  [value, slope, curvature]: Differences,
  ofSlope = factors.slope,
): Float32Array {
  const terms: Term[] = [
    [factors.sample, sample],
    [factors.value, value],
  ];
  if (slope) terms.push([ofSlope, slope]);
  if (curvature) terms.push([factors.curvature, curvature]);
  return weightedSum(...terms);
}

/**
 * The latest prediction and its differences over lambda, in units of the coming step.
 * `predictions`: one to three, the latest first. `path`: all noise levels up to the end of the coming step.
 */
export function differences(
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

/** Whether the algorithm solves the reverse SDE, which draws noise, and not the probability flow. */
export function isStochastic({ algorithmType }: SchedulerConfig): boolean {
  return algorithmType.startsWith('sde-');
}

/** Whether the algorithm integrates predicted noise, and not predicted pictures. */
export function integratesNoise({ algorithmType }: SchedulerConfig): boolean {
  return algorithmType === 'dpmsolver' || algorithmType === 'sde-dpmsolver';
}

/** What the algorithm integrates, out of what the model said at noise level `from`. */
export function predicted(
  config: SchedulerConfig,
  from: NoiseLevel,
  modelOutput: Float32Array,
  sample: Float32Array,
): Float32Array {
  const predict = integratesNoise(config) ? predictEpsilon : predictX0;
  return predict(config.predictionType, from, modelOutput, sample);
}

/** UniPC's solver types, which a shared config may hold, count as midpoint. */
export function usesHeun({ solverType }: SchedulerConfig): boolean {
  return solverType === 'heun';
}
