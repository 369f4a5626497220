/**
 * The forward process: how much signal and how much noise there is at a time step. Knows no sampler.
 *
 * x_t = alpha_t x_0 + sigma_t noise with alpha_t^2 + sigma_t^2 = 1 (Ho et al. 2020, equation 4, in the letters of
 * Kingma et al. 2021).
 */
import { InputError } from '../errors.ts';
import { betasOf, cumulativeProduct, withZeroTerminalSignal } from './betas.ts';
import type { SchedulerConfig } from './config.ts';
import { weightedSum } from './linear.ts';

export interface NoiseSchedule {
  /** One for each training time step. */
  readonly betas: Float32Array;
  /** alpha_t^2, one for each training time step. */
  readonly alphasCumprod: Float32Array;
}

export interface NoiseLevel {
  /** Factor of the signal, above 0. */
  readonly alpha: number;
  /** Standard deviation of the noise. */
  readonly sigma: number;
}

// With a signal of exactly 0, the last sigma / alpha would be infinite: later versions of diffusers use this, too.
const leastSignal = 2 ** -24;

// Levels are rounded to float32 where diffusers rounds them: solvers of high order divide by small differences of
// these numbers, and over 50 steps the rounding shows.
const float = Math.fround;

/** The tables of a config. Throws ConfigError if they cannot be made. */
export function noiseSchedule(config: SchedulerConfig): NoiseSchedule {
  const plain = betasOf(config);
  const betas = config.rescaleBetasZeroSnr ? withZeroTerminalSignal(plain) : plain;
  const alphasCumprod = cumulativeProduct(betas);
  return {
    betas,
    alphasCumprod: config.rescaleBetasZeroSnr
      ? alphasCumprod.map((product) => Math.max(product, leastSignal))
      : alphasCumprod,
  };
}

/** The level whose signal power alpha^2 is `power`. */
export function levelOf(power: number): NoiseLevel {
  return { alpha: float(Math.sqrt(power)), sigma: float(Math.sqrt(float(1 - power))) };
}

/** The level of variance 1 with `ratio` as much noise as signal. */
export function levelOfRatio(ratio: number): NoiseLevel {
  const norm = Math.hypot(ratio, 1);
  return { alpha: 1 / norm, sigma: ratio / norm };
}

/** The level at a training time step. Throws InputError outside of the table. */
export function levelAt({ alphasCumprod }: NoiseSchedule, timestep: number): NoiseLevel {
  const power = alphasCumprod[timestep];
  if (power !== undefined) return levelOf(power);
  throw new InputError(
    `There is no time step ${timestep} among the ${alphasCumprod.length} of the training.`,
    'Use a whole number below that, and fewer steps if this came from a run.',
  );
}

/** The level at which a run ends: diffusers' final_alpha_cumprod. */
export function finalLevel(config: SchedulerConfig, schedule: NoiseSchedule): NoiseLevel {
  return config.setAlphaToOne ? levelOf(1) : levelAt(schedule, 0);
}

/** log(alpha / sigma): half the log signal-to-noise ratio, in which the solvers measure time. */
export function logSnr({ alpha, sigma }: NoiseLevel): number {
  return float(float(Math.log(alpha)) - float(Math.log(sigma)));
}

/** x_t from x_0: alpha x_0 + sigma noise. */
export function addNoise(level: NoiseLevel, original: Float32Array, noise: Float32Array): Float32Array {
  return weightedSum([level.alpha, original], [level.sigma, noise]);
}

/**
 * What a v-prediction model is to say: alpha noise - sigma x_0
 * (Salimans and Ho, "Progressive distillation for fast sampling of diffusion models", 2022).
 */
export function velocity(level: NoiseLevel, original: Float32Array, noise: Float32Array): Float32Array {
  return weightedSum([level.alpha, noise], [-level.sigma, original]);
}
