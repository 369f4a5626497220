/**
 * The time steps of the solvers that measure time in log signal-to-noise ratio: DPM-Solver and UniPC.
 */
import type { SchedulerConfig } from './config.ts';
import { levelAt, logSnr, type NoiseLevel, type NoiseSchedule } from './noise.ts';
import type { Run } from './scheduler.ts';
import { karrasSigmas, timestepOf, trainingSigmas } from './sigma.ts';
import { roundHalfEven, spacedTimesteps } from './spacing.ts';

export interface SolverTimesteps {
  /** Whole, falling, without repetitions. */
  readonly timesteps: readonly number[];
  /** The noise levels of a run, one more than time steps: the last step ends at time step 0. */
  readonly levels: readonly NoiseLevel[];
}

/** Throws InputError if a time step lies outside of the training. */
export function solverTimesteps(
  config: SchedulerConfig,
  schedule: NoiseSchedule,
  { steps, skipped }: Run,
): SolverTimesteps {
  const spaced = config.useKarrasSigmas
    ? karrasTimesteps(schedule, steps)
    : spacedTimesteps(config, steps, 1, usableTimesteps(config, schedule));
  const unique = [...new Set(spaced.map(roundHalfEven))];
  const timesteps = unique.slice(Math.min(skipped, unique.length - 1));
  return { timesteps, levels: [...timesteps, 0].map((timestep) => levelAt(schedule, timestep)) };
}

/** Karras et al.'s levels over the whole range of the training. */
function karrasTimesteps(schedule: NoiseSchedule, steps: number): number[] {
  const table = trainingSigmas(schedule);
  const [lowest, highest] = [table[0] as number, table.at(-1) as number];
  // A single step is taken at the lowest level, as in diffusers, which lists these levels upwards.
  const sigmas = steps === 1 ? [lowest] : karrasSigmas(lowest, highest, steps);
  return sigmas.map((sigma) => timestepOf(table, sigma));
}

/** How many training time steps have a log signal-to-noise ratio of at least lambdaMinClipped. */
function usableTimesteps({ lambdaMinClipped }: SchedulerConfig, schedule: NoiseSchedule): number {
  const noisy = schedule.alphasCumprod.findIndex((_, t) => logSnr(levelAt(schedule, t)) < lambdaMinClipped);
  return noisy === -1 ? schedule.alphasCumprod.length : noisy;
}
