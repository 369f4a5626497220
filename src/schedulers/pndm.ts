/**
 * PNDM: Liu, Ren, Lin and Zhao, "Pseudo numerical methods for diffusion models on manifolds", 2022.
 * PNDMScheduler in diffusers; without Runge-Kutta steps it is the PLMS sampler of latent diffusion.
 */
import { InputError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';
import { type Term, weightedSum } from './linear.ts';
import { finalLevel, levelAt, type NoiseSchedule } from './noise.ts';
import { predictEpsilon } from './prediction.ts';
import type { Run, Sampler, Scheduler } from './scheduler.ts';
import { wholeTimesteps } from './spacing.ts';
import { variancePreserving } from './variancePreserving.ts';

/** From `sample` at time step `from` down to `to`, along the noise that `modelOutput` predicts. */
type Transfer = (modelOutput: Float32Array, sample: Float32Array, from: number, to: number) => Float32Array;

type Step = (modelOutput: Float32Array, call: number, sample: Float32Array) => Float32Array;

/** How many Runge-Kutta steps come first, with four model calls each. */
const rungeKuttaSteps = 3;

/** Adams-Bashforth weights for one to four known slopes, the latest first. */
const adamsBashforth = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
] as const;

export const pndm: Scheduler = {
  className: 'PNDMScheduler',
  defaults: { timestepSpacing: 'leading' },
  create(config, schedule, run) {
    const all = wholeTimesteps(config, run.steps);
    const visited = config.skipPrkSteps ? all : all.slice(run.skipped);
    const least = config.skipPrkSteps ? 2 : rungeKuttaSteps + 1;
    if (visited.length < least) {
      throw new InputError(
        `PNDM cannot run with ${visited.length} step${visited.length === 1 ? '' : 's'}: it looks back.`,
        `Use at least ${least} steps, or another sampler.`,
      );
    }
    return config.skipPrkSteps ? plms(visited, config, schedule, run) : prk(visited, config, schedule, run);
  },
};

/**
 * Multistep only. The first step is done twice, the second time with the mean of both slopes. Image to image starts
 * within the list that has the repetition, as diffusers does.
 */
function plms(
  visited: readonly number[],
  config: SchedulerConfig,
  schedule: NoiseSchedule,
  run: Run,
): Sampler {
  const [first, second, ...rest] = visited as [number, number, ...number[]];
  const timesteps = [first, second, second, ...rest].slice(run.skipped);
  const transfer = transferOf(config, schedule);
  const stride = strideOf(config, run);
  const { advance } = multistep(transfer, stride);
  let start: { sample: Float32Array; slope: Float32Array } | undefined;
  return {
    ...variancePreserving(schedule),
    timesteps,
    needsNoise: false,
    step(modelOutput, call, sample) {
      const timestep = timesteps[call] as number;
      if (call === 1 && start) {
        const mean = weightedSum([0.5, modelOutput], [0.5, start.slope]);
        return transfer(mean, start.sample, timestep + stride, timestep);
      }
      if (call === 0) start = { sample, slope: modelOutput };
      return advance(modelOutput, timestep, sample);
    },
  };
}

/** Three Runge-Kutta steps (the paper's algorithm 2), which give the multistep formula its history. */
function prk(
  visited: readonly number[],
  config: SchedulerConfig,
  schedule: NoiseSchedule,
  run: Run,
): Sampler {
  const stride = strideOf(config, run);
  const half = Math.floor(stride / 2);
  const corners = visited.slice(0, rungeKuttaSteps + 1);
  const warmUp = corners.slice(1).flatMap((to, i) => {
    const middle = to + half;
    return [corners[i] as number, middle, middle, to];
  });
  const timesteps = [...warmUp, ...visited.slice(rungeKuttaSteps)];
  const transfer = transferOf(config, schedule);
  const { advance, remember } = multistep(transfer, stride);
  const rungeKutta = rungeKuttaStep(timesteps, transfer, half, remember);
  return {
    ...variancePreserving(schedule),
    timesteps,
    needsNoise: false,
    step: (modelOutput, call, sample) =>
      call < warmUp.length
        ? rungeKutta(modelOutput, call, sample)
        : advance(modelOutput, timesteps[call] as number, sample),
  };
}

/** The four calls of a Runge-Kutta step all start from its first sample; the last weighs all four slopes. */
function rungeKuttaStep(
  timesteps: readonly number[],
  transfer: Transfer,
  half: number,
  remember: (slope: Float32Array) => void,
): Step {
  let begin: Float32Array = new Float32Array();
  let slopes: Float32Array[] = [];
  return (modelOutput, call, sample) => {
    const stage = call % 4;
    const from = timesteps[call - stage] as number;
    const to = (timesteps[call] as number) - (stage % 2 === 0 ? half : 0);
    if (stage === 0) {
      remember(modelOutput);
      begin = sample;
      slopes = [];
    }
    slopes.push(modelOutput);
    if (stage < 3) return transfer(modelOutput, begin, from, to);
    const [k1, k2, k3, k4] = slopes as [Float32Array, Float32Array, Float32Array, Float32Array];
    return transfer(weightedSum([1 / 6, k1], [1 / 3, k2], [1 / 3, k3], [1 / 6, k4]), begin, from, to);
  };
}

/** The linear multistep formula (equation 12) over as many of the last four slopes as there are. */
function multistep(transfer: Transfer, stride: number) {
  let slopes: readonly Float32Array[] = [];
  const remember = (slope: Float32Array) => {
    slopes = [slope, ...slopes].slice(0, adamsBashforth.length);
  };
  const advance = (modelOutput: Float32Array, timestep: number, sample: Float32Array): Float32Array => {
    remember(modelOutput);
    const weights = adamsBashforth[slopes.length - 1] as readonly number[];
    const slope = weightedSum(...slopes.map((values, i): Term => [weights[i] as number, values]));
    return transfer(slope, sample, timestep, timestep - stride);
  };
  return { advance, remember };
}

/** The pseudo-numerical transfer of equation 9; a negative `to` means the end of the run. */
function transferOf(config: SchedulerConfig, schedule: NoiseSchedule): Transfer {
  return (modelOutput, sample, from, to) => {
    const start = levelAt(schedule, from);
    const end = to < 0 ? finalLevel(config, schedule) : levelAt(schedule, to);
    const epsilon = predictEpsilon(config.predictionType, start, modelOutput, sample);
    const divisor = start.alpha ** 2 * end.sigma + start.alpha * start.sigma * end.alpha;
    return weightedSum(
      [end.alpha / start.alpha, sample],
      [-(end.alpha ** 2 - start.alpha ** 2) / divisor, epsilon],
    );
  };
}

function strideOf(config: SchedulerConfig, { steps }: Run): number {
  return Math.floor(config.numTrainTimesteps / steps);
}
