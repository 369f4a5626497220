/**
 * The noise levels of the solvers that measure time in log signal-to-noise ratio: DPM-Solver, DEIS and UniPC.
 */
import { ConfigError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';
import {
  addNoise,
  levelAt,
  levelOf,
  levelOfRatio,
  logSnr,
  type NoiseLevel,
  type NoiseSchedule,
} from './noise.ts';
import type { Run, Sampler } from './scheduler.ts';
import { timestepOf, trainingSigmas } from './sigma.ts';
import { sigmaSpacingOf } from './sigmaSpacing.ts';
import { roundHalfEven, spacedTimesteps } from './spacing.ts';
import { variancePreserving } from './variancePreserving.ts';

export interface SolverLevels {
  /** Falling; whole and without repetitions unless the config asks for levels between those of the training. */
  readonly timesteps: readonly number[];
  /** The noise levels of a run, one more than time steps: the last is where the run ends. */
  readonly levels: readonly NoiseLevel[];
}

/**
 * Throws InputError if a time step lies outside of the training, and ConfigError for an end without noise where the
 * predictions of noise would be divided by it.
 */
export function solverLevels(config: SchedulerConfig, schedule: NoiseSchedule, run: Run): SolverLevels {
  const end = endOf(config, schedule);
  if (sigmaSpacingOf(config) && !config.useKarrasSigmas) return betweenTimesteps(config, schedule, run, end);
  const spaced = config.useKarrasSigmas
    ? spacedSigmas(config, schedule, run.steps).map((sigma) => timestepOf(trainingSigmas(schedule), sigma))
    : spacedTimesteps(config, run.steps, 1, usableTimesteps(config, schedule));
  const unique = [...new Set(spaced.map(roundHalfEven))];
  const timesteps = unique.slice(Math.min(run.skipped, unique.length - 1));
  return { timesteps, levels: [...timesteps.map((timestep) => levelAt(schedule, timestep)), end] };
}

/** Levels as the spacing gives them, whose time steps have fractions as those of the samplers on a ladder. */
function betweenTimesteps(
  config: SchedulerConfig,
  schedule: NoiseSchedule,
  { steps, skipped }: Run,
  end: NoiseLevel,
): SolverLevels {
  const sigmas = spacedSigmas(config, schedule, steps).slice(skipped);
  return {
    timesteps: sigmas.map((sigma) => timestepOf(trainingSigmas(schedule), sigma)),
    levels: [...sigmas.map(levelOfRatio), end],
  };
}

/** Levels over the whole range of the training. */
function spacedSigmas(config: SchedulerConfig, schedule: NoiseSchedule, steps: number): number[] {
  const table = trainingSigmas(schedule);
  const [lowest, highest] = [table[0] as number, table.at(-1) as number];
  // A single step is taken at the lowest level, as in diffusers, which lists these levels upwards.
  return steps === 1 ? [lowest] : (sigmaSpacingOf(config)?.(lowest, highest, steps) ?? []);
}

function endOf(config: SchedulerConfig, schedule: NoiseSchedule): NoiseLevel {
  if (config.finalSigmasType === 'sigma_min') return levelAt(schedule, 0);
  return levelOf(1);
}

/** How many training time steps have a log signal-to-noise ratio of at least lambdaMinClipped. */
function usableTimesteps({ lambdaMinClipped }: SchedulerConfig, schedule: NoiseSchedule): number {
  const noisy = schedule.alphasCumprod.findIndex((_, t) => logSnr(levelAt(schedule, t)) < lambdaMinClipped);
  return noisy === -1 ? schedule.alphasCumprod.length : noisy;
}

/** Whether two levels are one but for rounding: spread levels end at that of time step 0 already. */
export function isNoStep(from: NoiseLevel, to: NoiseLevel): boolean {
  return Math.abs(logSnr(to) - logSnr(from)) < 1e-6;
}

/** The members that the solvers share. */
export function onLevels(
  { timesteps, levels }: SolverLevels,
  schedule: NoiseSchedule,
): Pick<Sampler, 'timesteps' | 'initNoiseSigma' | 'scaleInput' | 'addNoise'> {
  return {
    ...variancePreserving(schedule),
    timesteps,
    addNoise(original, noise, timestep) {
      const place = timesteps.indexOf(timestep);
      const level = place === -1 ? levelAt(schedule, timestep) : (levels[place] as NoiseLevel);
      return addNoise(level, original, noise);
    },
  };
}

/** For solvers that integrate predicted noise. */
export function refuseNoiselessEnd(config: SchedulerConfig, integratesNoise: boolean): void {
  if (config.finalSigmasType !== 'zero' || !integratesNoise) return;
  throw new ConfigError(
    'The scheduler config has final_sigmas_type "zero" for a solver of predicted noise, which cannot end without any.',
    'Use final_sigmas_type "sigma_min", or a solver of predicted pictures such as algorithm_type "dpmsolver++".',
  );
}
