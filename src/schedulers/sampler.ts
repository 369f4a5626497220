/**
 * Makes samplers, and holds their callers to the contract. Knows no scheduler in particular.
 */
import { InputError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';
import { noiseSchedule } from './noise.ts';
import { schedulerOf } from './parse.ts';
import type { Sampler } from './scheduler.ts';

export interface SamplerOptions {
  /**
   * Image-to-image: the share of the steps that is run, above 0 up to 1 (the default: all). Start from
   * `addNoise(latents, noise, timesteps[0])`.
   */
  readonly strength?: number;
  /**
   * The share of fresh noise, from 0 (none) to 1 (as much as DDPM): 0 by default for DDIM, 0.3 for TCD, 1 for ancestral
   * samplers and DPM++ SDE. Others take none.
   */
  readonly eta?: number;
}

/**
 * A sampler for one run of `steps` steps. Throws InputError if the steps, strength or eta cannot be used, and
 * ConfigError if settings of the config exclude each other.
 */
export function createSampler(
  config: SchedulerConfig,
  steps: number,
  { strength = 1, eta }: SamplerOptions = {},
): Sampler {
  const most = config.numTrainTimesteps;
  require(Number.isInteger(steps) &&
    steps >= 1 &&
    steps <= most, `${steps} steps cannot be run.`, `Use 1 to ${most}.`);
  const scheduler = schedulerOf(config.className);
  if (eta !== undefined) {
    require(eta >= 0 && eta <= 1, `The eta ${eta} is out of range.`, 'Use 0 to 1.');
    require(scheduler.eta !==
      undefined, `${config.className} takes no eta, its share of fresh noise is fixed.`, 'Leave eta out, or use a sampler such as ddim or euler_a.');
  }
  require(strength > 0 && strength <= 1, `The strength ${strength} is out of range.`, 'Use above 0 up to 1.');
  const run = Math.floor(steps * strength);
  require(run >= 1, `${steps} steps at strength ${strength} leave no step to run.`, 'Use more of either.');
  const sampler = scheduler.create(config, noiseSchedule(config), {
    steps,
    skipped: steps - run,
    eta: eta ?? scheduler.eta ?? 0,
  });
  const [first] = sampler.timesteps as [number];
  require(first <=
    most -
      1, `${steps} steps with steps_offset ${config.stepsOffset} begin at time step ${first}, beyond the training.`, 'Use fewer steps.');
  return inOrder(sampler);
}

/** The same sampler, which refuses calls out of order, and keeps copies of what it may look back at. */
function inOrder(sampler: Sampler): Sampler {
  let next = 0;
  return {
    ...sampler,
    step(modelOutput, call, sample, noise) {
      const calls = sampler.timesteps.length;
      require(call === next &&
        call <
          calls, `Call ${call} of a sampler came where ${next < calls ? `call ${next}` : 'none'} was due.`, 'Make a new sampler for each run, and call step once for each time step.');
      require(modelOutput.length ===
        sample.length, `The model gave ${modelOutput.length} values for a sample of ${sample.length}.`, 'Check the shape of what the model returns.');
      next++;
      return sampler.step(modelOutput.slice(), call, sample.slice(), noise);
    },
  };
}

function require(condition: boolean, problem: string, remedy: string): asserts condition {
  if (!condition) throw new InputError(problem, remedy);
}
