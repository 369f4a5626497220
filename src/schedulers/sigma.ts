/**
 * Samplers that work with the plain noise level sigma: latents x_0 + sigma noise, whose variance grows
 * (Karras et al., "Elucidating the design space of diffusion-based generative models", 2022).
 *
 * They share the ladder of noise levels, the scaling of the model's input, and the reading of its output.
 */
import { InputError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';
import { weightedSum } from './linear.ts';
import { levelOfRatio, type NoiseSchedule } from './noise.ts';
import { x0Weights } from './prediction.ts';
import type { Run, Sampler } from './scheduler.ts';
import { sigmaSpacingOf } from './sigmaSpacing.ts';
import { spacedTimesteps } from './spacing.ts';

export interface Ladder {
  /** One for each noise level but the last; may have fractions. */
  readonly timesteps: readonly number[];
  /** Falling, one more than time steps: the last is where the run ends, 0 as a rule. */
  readonly sigmas: readonly number[];
  /** The standard deviation of the noise at the start. */
  readonly initNoiseSigma: number;
}

/** sigma / alpha at every training time step, rising. */
export function trainingSigmas({ alphasCumprod }: NoiseSchedule): Float32Array {
  return alphasCumprod.map((power) => Math.sqrt((1 - power) / power));
}

/** The noise levels of a run, which ends at `end`. */
export function ladderOf(config: SchedulerConfig, schedule: NoiseSchedule, run: Run, end = 0): Ladder {
  const table = trainingSigmas(schedule);
  // In float32 as in diffusers, lest the first end a rounding error beyond the table.
  const spaced = spacedTimesteps(config, run.steps).map(Math.fround);
  const plain = spaced.map((timestep) => interpolate(table, timestep));
  const top = plain[0] as number;
  const spacing = sigmaSpacingOf(config);
  const sigmas = spacing ? spacing(plain.at(-1) as number, top, run.steps) : plain;
  const timesteps = spacing ? sigmas.map((sigma) => timestepOf(table, sigma)) : spaced;
  return {
    timesteps: timesteps.slice(run.skipped),
    sigmas: [...sigmas.slice(run.skipped), end],
    // `leading` does not start at the highest level, so that there the latents hold some signal besides the noise.
    initNoiseSigma: config.timestepSpacing === 'leading' ? Math.hypot(top, 1) : top,
  };
}

/** The time step at which the training has noise level `sigma`, interpolated in the logarithm. */
export function timestepOf(table: Float32Array, sigma: number): number {
  const above = table.findIndex((level) => level > sigma);
  const high = Math.max(above === -1 ? table.length - 1 : above, 1);
  const lowLog = Math.log(table[high - 1] as number);
  const highLog = Math.log(table[high] as number);
  const share = (Math.log(sigma) - lowLog) / (highLog - lowLog);
  return high - 1 + Math.min(Math.max(share, 0), 1);
}

/**
 * How far an ancestral step from `from` goes `down`, and how much `fresh` noise then brings it up to `to`:
 * `get_ancestral_step` of k-diffusion (Crowson). `eta`: 0 for no fresh noise, 1 for as much as DDPM's posterior.
 */
export function ancestralStep(from: number, to: number, eta: number): { down: number; fresh: number } {
  const fresh = Math.min(to, eta * (to / from) * Math.sqrt(from ** 2 - to ** 2));
  return { down: Math.sqrt(to ** 2 - fresh ** 2), fresh };
}

/** The members that the samplers on a ladder share. */
export function onLadder(
  { timesteps, sigmas, initNoiseSigma }: Ladder,
  schedule: NoiseSchedule,
): Pick<Sampler, 'timesteps' | 'initNoiseSigma' | 'scaleInput' | 'addNoise'> {
  // What the model is shown has variance 1, as it was trained.
  return {
    timesteps,
    initNoiseSigma,
    scaleInput: (sample, call) => weightedSum([levelOfRatio(sigmas[call] as number).alpha, sample]),
    addNoise(original, noise, timestep) {
      const place = timesteps.indexOf(timestep);
      const sigma = place === -1 ? trainedSigma(schedule, timestep) : (sigmas[place] as number);
      return weightedSum([1, original], [sigma, noise]);
    },
  };
}

/** The picture that the model sees in `sample` at noise level `sigma`; its output belongs to the scaled input. */
export function x0At(
  sigma: number,
  { predictionType }: SchedulerConfig,
  modelOutput: Float32Array,
  sample: Float32Array,
): Float32Array {
  const level = levelOfRatio(sigma);
  const [ofInput, ofOutput] = x0Weights(predictionType, level);
  return weightedSum([ofInput * level.alpha, sample], [ofOutput, modelOutput]);
}

/** The slope dx / dsigma of the probability flow (Karras et al., equation 3). */
export function slopeAt(sigma: number, sample: Float32Array, x0: Float32Array): Float32Array {
  return weightedSum([1 / sigma, sample], [-1 / sigma, x0]);
}

function trainedSigma(schedule: NoiseSchedule, timestep: number): number {
  const table = trainingSigmas(schedule);
  if (timestep >= 0 && timestep <= table.length - 1) return interpolate(table, timestep);
  throw new InputError(
    `There is no time step ${timestep} among the ${table.length} of the training.`,
    `Use a number from 0 to ${table.length - 1}.`,
  );
}

/** `table` at the fractional place `at`, which is clamped to the table. */
function interpolate(table: Float32Array, at: number): number {
  const low = Math.min(Math.max(Math.floor(at), 0), table.length - 1);
  const high = Math.min(low + 1, table.length - 1);
  const share = Math.min(Math.max(at - low, 0), 1);
  return (table[low] as number) * (1 - share) + (table[high] as number) * share;
}
