/**
 * How the noise levels of a run are spread between the highest and the lowest. Knows no sampler.
 *
 * Without any of these, the levels are those of the time steps that spacing.ts picks.
 */
import { betaQuantile } from './betaQuantile.ts';
import type { SchedulerConfig } from './config.ts';

/** `count` noise levels sigma / alpha from `highest` down to `lowest`, both included; one alone is the highest. */
export type SigmaSpacing = (lowest: number, highest: number, count: number) => number[];

/** The exponent rho of Karras et al. */
const karrasExponent = 7;

/** Both parameters of Lee et al.'s distribution. */
const betaShape = 0.6;

/** Equation 5 of Karras et al., "Elucidating the design space of diffusion-based generative models", 2022. */
export const karrasSigmas: SigmaSpacing = (lowest, highest, count) => {
  const low = lowest ** (1 / karrasExponent);
  const high = highest ** (1 / karrasExponent);
  return shares(count).map((share) => (high + share * (low - high)) ** karrasExponent);
};

/**
 * Even in log sigma: `get_sigmas_exponential` of k-diffusion (Crowson). Even in the solvers' time lambda, too: the
 * levels that Lu et al., "DPM-Solver", 2022, advise.
 */
export const exponentialSigmas: SigmaSpacing = (lowest, highest, count) => {
  const [low, high] = [Math.log(lowest), Math.log(highest)];
  // The ends are given back as they came, lest rounding put them outside of the training's range.
  return shares(count).map((share, i) =>
    i === 0 ? highest : share === 1 ? lowest : Math.exp(high + share * (low - high)),
  );
};

/** Dense at both ends: Lee et al., "Beta sampling is all you need", 2024. */
export const betaSigmas: SigmaSpacing = (lowest, highest, count) =>
  shares(count).map((share) => lowest + betaQuantile(1 - share, betaShape) * (highest - lowest));

/** 0 to 1 in even steps. */
function shares(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (count > 1 ? i / (count - 1) : 0));
}

/** The spacing that a config asks for; without one, levels follow the time steps. */
export function sigmaSpacingOf(config: SchedulerConfig): SigmaSpacing | undefined {
  if (config.useKarrasSigmas) return karrasSigmas;
  if (config.useExponentialSigmas || config.useLuLambdas) return exponentialSigmas;
  return config.useBetaSigmas ? betaSigmas : undefined;
}
