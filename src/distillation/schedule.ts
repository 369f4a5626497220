/**
 * Learning-rate schedules: functions of the step number, without state.
 */

/** The learning rate in force during a step; steps count from 0. */
export type Schedule = (step: number) => number;

export interface CosineOptions {
  /** The learning rate at the end of the warm-up. */
  readonly peak: number;
  /** May be fractional: a share of all steps need not be rounded. */
  readonly warmupSteps: number;
  readonly totalSteps: number;
}

/**
 * Rises linearly from 0 to `peak` in `warmupSteps`, then falls along half a cosine wave to 0 at `totalSteps`:
 * peak * (1 + cos(pi * progress)) / 2 (Loshchilov and Hutter, "SGDR", 2017, one period). Agrees with transformers'
 * get_cosine_schedule_with_warmup, which also lets the rate rise again after the last step and treats a period shorter
 * than one step as one step.
 */
export function cosineWithWarmup({ peak, warmupSteps, totalSteps }: CosineOptions): Schedule {
  return (step) => {
    if (step < warmupSteps) return (peak * step) / Math.max(1, warmupSteps);
    const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
    return peak * Math.max(0, (1 + Math.cos(Math.PI * progress)) / 2);
  };
}
