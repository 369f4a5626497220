/**
 * What LCM and TCD share: their defaults, and the time steps of a run out of those that their models were distilled on. Knows no sampler.
 */
import { InputError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';
import type { Run, Scheduler } from './scheduler.ts';

/** Of both classes in diffusers. */
export const consistencyDefaults: Scheduler['defaults'] = {
  betaStart: 0.00085,
  betaEnd: 0.012,
  betaSchedule: 'scaled_linear',
  timestepSpacing: 'leading',
  setAlphaToOne: true,
};

/**
 * Even picks, from the noisy end down, of the `original_inference_steps` time steps of the teacher, each of which ends a
 * stride. Throws InputError for more steps than those.
 */
export function consistencyTimesteps(config: SchedulerConfig, { steps, skipped }: Run): number[] {
  const { numTrainTimesteps, originalInferenceSteps: known } = config;
  if (steps > known) {
    throw new InputError(
      `${config.className} cannot run ${steps} steps: its model knows ${known} time steps (original_inference_steps).`,
      `Use at most ${known}; 4 to 8 are enough for a model that was distilled for it.`,
    );
  }
  const stride = Math.max(Math.floor(numTrainTimesteps / known), 1);
  const all = Array.from({ length: known }, (_, i) => (known - i) * stride - 1);
  const picked = Array.from({ length: steps }, (_, i) => all[Math.floor((i * known) / steps)] as number);
  return picked.slice(skipped);
}
