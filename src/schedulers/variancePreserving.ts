/**
 * What the samplers share whose latents keep the variance 1: DDIM, DDPM, PNDM, DPM-Solver, UniPC.
 */
import { addNoise, levelAt, type NoiseSchedule } from './noise.ts';
import type { Sampler } from './scheduler.ts';

/** Such a sampler starts from standard normal noise, and the model sees the latents as they are. */
export function variancePreserving(
  schedule: NoiseSchedule,
): Pick<Sampler, 'initNoiseSigma' | 'scaleInput' | 'addNoise'> {
  return {
    initNoiseSigma: 1,
    scaleInput: (sample) => sample,
    addNoise: (original, noise, timestep) => addNoise(levelAt(schedule, timestep), original, noise),
  };
}
