/**
 * Beta schedules: how much noise each of the training time steps adds. Knows no sampler.
 *
 * Tables are float32 as in diffusers, with intermediate results in double precision.
 */
import { ConfigError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';

const largestBeta = 0.999;

/** One beta for each training time step. Throws ConfigError if `trainedBetas` are not as many. */
export function betasOf(config: SchedulerConfig): Float32Array {
  const { numTrainTimesteps: count, trainedBetas } = config;
  if (!trainedBetas) return Float32Array.from(scheduled(config));
  if (trainedBetas.length !== count) {
    throw new ConfigError(
      `The scheduler config has ${trainedBetas.length} trained_betas for num_train_timesteps ${count}.`,
      'Give as many betas as time steps.',
    );
  }
  return Float32Array.from(trainedBetas);
}

function scheduled({
  betaSchedule,
  betaStart,
  betaEnd,
  numTrainTimesteps: count,
}: SchedulerConfig): number[] {
  switch (betaSchedule) {
    case 'linear': // Ho et al., "Denoising diffusion probabilistic models", 2020
      return linear(betaStart, betaEnd, count);
    case 'scaled_linear': // Rombach et al., "High-resolution image synthesis with latent diffusion models", 2022
      return linear(Math.sqrt(betaStart), Math.sqrt(betaEnd), count).map((root) => root ** 2);
    case 'squaredcos_cap_v2': // Nichol and Dhariwal, "Improved denoising diffusion probabilistic models", 2021
      return fromSignal((t) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2, count);
    case 'exp':
      return fromSignal((t) => Math.exp(-12 * t), count);
    case 'sigmoid': // Xu et al., "GeoDiff", 2022
      return linear(-6, 6, count).map((x) => (betaEnd - betaStart) / (1 + Math.exp(-x)) + betaStart);
  }
}

/**
 * torch.linspace in float32, to the bit: eight neighbours are computed from the first of them, which counts from the
 * nearer end. Rounding elsewhere would move long runs of high-order solvers by more than their golden tolerance.
 */
function linear(start: number, end: number, count: number): number[] {
  const lanes = 8;
  const [from, to] = [Math.fround(start), Math.fround(end)];
  const step = count > 1 ? Math.fround(Math.fround(to - from) / (count - 1)) : 0;
  const vectorised = count - (count % lanes);
  return Array.from({ length: count }, (_, i) => {
    const lane = i < vectorised ? i % lanes : 0;
    const first = i - lane;
    const base = first < Math.floor(count / 2) ? from + step * first : to - step * (count - 1 - first);
    return Math.fround(Math.fround(base) + step * lane);
  });
}

/** Betas whose cumulative product of (1 - beta) follows `signal` over the time 0 to 1. */
function fromSignal(signal: (time: number) => number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Math.min(1 - signal((i + 1) / count) / signal(i / count), largestBeta),
  );
}

/**
 * Betas moved so that the last time step holds no signal at all (Lin et al. 2023, algorithm 1).
 */
export function withZeroTerminalSignal(betas: Float32Array): Float32Array {
  const roots = cumulativeProduct(betas).map(Math.sqrt);
  const first = roots[0] as number;
  const last = roots[roots.length - 1] as number;
  const signals = roots.map((root) => (((root - last) * first) / (first - last)) ** 2);
  return betas.map((_, i) => 1 - (signals[i] as number) / (i === 0 ? 1 : (signals[i - 1] as number)));
}

/** The product of (1 - beta) over all time steps up to each: alphas_cumprod of diffusers. */
export function cumulativeProduct(betas: Float32Array): Float32Array {
  let product = 1;
  return betas.map((beta) => {
    product *= Math.fround(1 - beta);
    return product;
  });
}
