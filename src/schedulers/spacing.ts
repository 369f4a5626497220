/**
 * Which of the training time steps a run visits, from the noisy end down.
 *
 * Table 2 of Lin et al. 2023, as diffusers reads it. Knows no sampler.
 */
import type { SchedulerConfig } from './config.ts';

/**
 * Time steps in descending order. `linspace` gives fractions; round them where the sampler needs whole ones.
 *
 * `beyond`: 1 for solvers whose last step goes on to time step 0, so that `linspace` and `leading` divide the range
 * into one part more and leave the lowest one out.
 * `usable`: how many training time steps there are, if the noisiest are left out.
 */
export function spacedTimesteps(
  config: SchedulerConfig,
  steps: number,
  beyond: 0 | 1 = 0,
  usable = config.numTrainTimesteps,
): number[] {
  switch (config.timestepSpacing) {
    case 'linspace': {
      const distance = (usable - 1) / Math.max(steps + beyond - 1, 1);
      return countDown(steps, beyond).map((i) => i * distance);
    }
    case 'leading': {
      const stride = Math.floor(usable / (steps + beyond));
      return countDown(steps, beyond).map((i) => i * stride + config.stepsOffset);
    }
    case 'trailing': {
      const stride = config.numTrainTimesteps / steps;
      const length = Math.ceil(usable / stride - 1e-6);
      return Array.from({ length }, (_, i) => roundHalfEven(usable - i * stride) - 1);
    }
  }
}

/** The same as whole numbers. */
export function wholeTimesteps(config: SchedulerConfig, steps: number): number[] {
  return spacedTimesteps(config, steps).map(roundHalfEven);
}

/** NumPy's rounding: a half goes to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function countDown(length: number, last: number): number[] {
  return Array.from({ length }, (_, i) => length - 1 - i + last);
}
