/**
 * What the samplers share that call the model twice a step: at its noise level, and at one between this and the next.
 * The step to no noise is Euler's, with one call. DPM-Solver-2 and DPM++ 2S of k-diffusion (Crowson) are of this kind.
 *
 * Knows no sampler.
 */
import type { SchedulerConfig } from './config.ts';
import { weightedSum } from './linear.ts';
import type { NoiseSchedule } from './noise.ts';
import type { NoiseSource, Run, Sampler } from './scheduler.ts';
import {
  ancestralStep,
  type Ladder,
  ladderOf,
  onLadder,
  slopeAt,
  timestepOf,
  trainingSigmas,
  x0At,
} from './sigma.ts';

/** A step of such a sampler; all levels are plain sigmas. */
export interface MidpointStep {
  readonly from: number;
  readonly middle: number;
  readonly to: number;
}

export interface MidpointMethod {
  readonly needsNoise: boolean;
  /** The level of the second call, between `from` and `to`, which is above 0. */
  middle(from: number, to: number): number;
  /** The sample that the second call sees: from `sample`, in which the model sees the picture `x0`. */
  half(step: MidpointStep, sample: Float32Array, x0: Float32Array, noise: NoiseSource): Float32Array;
  /** The sample after the step: from `sample`, where the second call sees `x0` in the sample `seen`. */
  whole(
    step: MidpointStep,
    begun: Begun,
    seen: Float32Array,
    x0: Float32Array,
    noise: NoiseSource,
  ): Float32Array;
}

/** The first half of a step. */
export interface Begun {
  readonly sample: Float32Array;
  readonly x0: Float32Array;
}

export function midpointSampler(
  config: SchedulerConfig,
  schedule: NoiseSchedule,
  run: Run,
  method: MidpointMethod,
): Sampler {
  const { calls, steps } = withMiddles(ladderOf(config, schedule, run), schedule, method);
  let begun: Begun | undefined;
  return {
    ...onLadder(calls, schedule),
    needsNoise: method.needsNoise,
    step(modelOutput, call, sample, noise) {
      const sigma = calls.sigmas[call] as number;
      const x0 = x0At(sigma, config, modelOutput, sample);
      const step = steps[call >> 1];
      if (!step) return weightedSum([1, sample], [-sigma, slopeAt(sigma, sample, x0)]);
      if (!begun) {
        begun = { sample, x0 };
        return method.half(step, sample, x0, noise);
      }
      const first = begun;
      begun = undefined;
      return method.whole(step, first, sample, x0, noise);
    },
  };
}

/** The ladder with one entry a call, and its steps but the last. */
function withMiddles(
  { timesteps, sigmas, initNoiseSigma }: Ladder,
  schedule: NoiseSchedule,
  { middle }: MidpointMethod,
): { calls: Ladder; steps: readonly MidpointStep[] } {
  const table = trainingSigmas(schedule);
  const steps = timesteps.slice(1).map((_, i) => {
    const [from, to] = sigmas.slice(i, i + 2) as [number, number];
    return { from, middle: middle(from, to), to };
  });
  const [last] = timesteps.slice(-1) as [number];
  const calls = {
    timesteps: [
      ...steps.flatMap((step, i) => [timesteps[i] as number, timestepOf(table, step.middle)]),
      last,
    ],
    sigmas: [...steps.flatMap(({ from, middle }) => [from, middle]), ...sigmas.slice(-2)],
    initNoiseSigma,
  };
  return { calls, steps };
}

/** The level in the middle of two in the logarithm. */
export function geometricMean(one: number, other: number): number {
  return Math.sqrt(one * other);
}

/** The middle of the way down that an ancestral step goes. At eta 1 that is where the step ends, but for rounding. */
export function ancestralMiddle(eta: number): MidpointMethod['middle'] {
  return (from, to) => Math.max(geometricMean(from, ancestralStep(from, to, eta).down), to);
}

/**
 * The exact solution from `from` to `to` if the model sees `x0` all the way: DPM-Solver++ of first order, which is DDIM.
 */
export function towards(from: number, to: number, sample: Float32Array, x0: Float32Array): Float32Array {
  return weightedSum([to / from, sample], [1 - to / from, x0]);
}
