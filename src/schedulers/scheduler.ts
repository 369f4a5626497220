/**
 * The public face of the family: what a sampler is, and what a scheduler must provide to be registered.
 *
 * A new scheduler is one file that exports a `Scheduler`, one line in registry.ts, and falls under
 * schedulers.test.ts. Knows no scheduler. Latents are flat float32 arrays, whatever their shape; no function of
 * this folder changes its arguments.
 */
import type { SchedulerConfig } from './config.ts';
import type { NoiseSchedule } from './noise.ts';

/** Draws standard normal values, as many as the latents have. */
export interface NoiseSource {
  (): Float32Array;
  /**
   * Values that belong to `name`, a whole number, whatever is drawn before: the nodes of a Brownian path. Without it
   * the path is made of draws in their order.
   */
  readonly named?: (name: number) => Float32Array;
}

/** One run of one sampler. Solvers that look back keep their history inside, so make a new one for each run. */
export interface Sampler {
  /** The time step of each model call, not rising. Some samplers call the model more often than they step. */
  readonly timesteps: readonly number[];
  /** The standard deviation of the noise that a run from nothing starts with. */
  readonly initNoiseSigma: number;
  /** Whether `step` draws noise. If not, the run is determined by what it starts from. */
  readonly needsNoise: boolean;
  /** What the model gets to see instead of `sample` in call number `call`. */
  scaleInput(sample: Float32Array, call: number): Float32Array;
  /**
   * The sample after call number `call`, which the model answered with `modelOutput`. Calls come in order,
   * from 0. Throws InputError if they do not, or if the lengths differ.
   */
  step(modelOutput: Float32Array, call: number, sample: Float32Array, noise: NoiseSource): Float32Array;
  /** `original` with `noise` (standard normal) as strong as at `timestep`, which need not be one of the run. */
  addNoise(original: Float32Array, noise: Float32Array, timestep: number): Float32Array;
}

/** What a run is asked for; see `createSampler`. */
export interface Run {
  readonly steps: number;
  /** How many of the steps at the noisy end are left out, as in image-to-image. */
  readonly skipped: number;
  /** The share of fresh noise; of use where the scheduler has one. */
  readonly eta: number;
}

export interface Scheduler {
  /** The class in diffusers, as scheduler_config.json names it. */
  readonly className: string;
  /** The share of fresh noise unless told otherwise; a scheduler without it takes none. */
  readonly eta?: number;
  /** Where the defaults of that class differ from the shared ones. */
  readonly defaults: Partial<SchedulerConfig>;
  /** Throws InputError if it cannot do so few steps, ConfigError for settings that exclude each other. */
  create(config: SchedulerConfig, schedule: NoiseSchedule, run: Run): Sampler;
}
