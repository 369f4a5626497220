/**
 * Checks the samplers: tables, time steps, whole trajectories under given model outputs, and the forward process.
 */
import { join } from 'node:path';
import { KsdError } from '../../errors.ts';
import type { SchedulerConfig } from '../../schedulers/config.ts';
import { finalLevel, levelAt, noiseSchedule, velocity } from '../../schedulers/noise.ts';
import { parseSchedulerConfig } from '../../schedulers/parse.ts';
import { createSampler, type SamplerOptions } from '../../schedulers/sampler.ts';
import type { Sampler } from '../../schedulers/scheduler.ts';
import { trainingSigmas } from '../../schedulers/sigma.ts';
import { karrasSigmas } from '../../schedulers/sigmaSpacing.ts';
import {
  type CaseResult,
  type GoldenPart,
  resultOf,
  type Tolerance,
  toleranceOf,
  worstError,
} from '../golden.ts';
import { type GoldenTensors, readCases, readTensors } from '../tensors.ts';

interface Cases {
  readonly sd14_config: object;
  readonly schedulers: Readonly<Record<string, SchedulerEntry>>;
  readonly trajectories: readonly Trajectory[];
  readonly add_noise: readonly AddNoise[];
}

interface SchedulerEntry {
  readonly class: string;
  readonly config: object;
  readonly timesteps: Readonly<Record<string, readonly number[]>>;
  readonly init_noise_sigma: Readonly<Record<string, number>>;
  readonly spacing_variants: Readonly<
    Record<string, { steps: number; timesteps: readonly number[]; init_noise_sigma: number }>
  >;
  readonly default_spacing: string;
}

interface Trajectory extends Partial<Tolerance> {
  readonly file: string;
  readonly scheduler: string;
  readonly class: string;
  readonly config_override?: object;
  readonly prediction_type: string;
  readonly steps: number;
  readonly model_calls: number;
  readonly init_noise_sigma: number;
  readonly step_kwargs: SamplerOptions;
  readonly uses_noise: boolean;
}

interface AddNoise extends Partial<Tolerance> {
  readonly file: string;
  readonly scheduler: string;
  readonly set_timesteps: number;
}

type Errors = Record<string, number>;

/** Tables and time steps: float32 in the library. */
const tableTolerance: Tolerance = { atol: 1e-6, rtol: 1e-5 };
/** Fractional time steps of Karras et al. are interpolated in float32 there. Whole ones must be equal. */
const timestepTolerance: Tolerance = { atol: 1e-2, rtol: 0 };
const equal: Tolerance = { atol: 1e-9, rtol: 0 };

export const schedulersPart: GoldenPart = {
  name: 'schedulers',
  async *check(folder) {
    const cases = await readCases<Cases>(folder);
    const inputs = await readTensors(join(folder, 'inputs.safetensors'));
    const tables = await readTensors(join(folder, 'tables.safetensors'));
    yield guarded('tables', () =>
      checkTables(parseSchedulerConfig(cases.sd14_config, 'DDIMScheduler'), tables),
    );
    for (const [name, entry] of Object.entries(cases.schedulers)) {
      yield guarded(`timesteps/${name}`, () => checkTimesteps(entry));
    }
    for (const one of cases.trajectories) {
      const expected = await readTensors(join(folder, one.file));
      yield guarded(caseName(one.file), () => checkTrajectory(one, cases, inputs, expected));
    }
    for (const one of cases.add_noise) {
      const expected = await readTensors(join(folder, one.file));
      yield guarded(caseName(one.file), () => checkAddNoise(one, cases, expected));
    }
  },
};

/** The result of a check, which an error that we throw on purpose makes fail. */
function guarded(name: string, check: () => Errors): CaseResult {
  try {
    return resultOf(name, check());
  } catch (error) {
    if (!(error instanceof KsdError)) throw error;
    return { name, passed: false, detail: error.message };
  }
}

function checkTables(config: SchedulerConfig, expected: GoldenTensors): Errors {
  const schedule = noiseSchedule(config);
  const worst = (actual: ArrayLike<number>, name: string) =>
    worstError(actual, expected.get(name).data, tableTolerance);
  return {
    betas: worst(schedule.betas, 'betas'),
    alphas_cumprod: worst(schedule.alphasCumprod, 'alphas_cumprod'),
    final_alpha_cumprod: worst([finalLevel(config, schedule).alpha ** 2], 'final_alpha_cumprod'),
  };
}

function checkTimesteps(entry: SchedulerEntry): Errors {
  const errors: Errors = {};
  const add = (label: string, config: object, steps: number, timesteps: readonly number[], sigma: number) => {
    const sampler = createSampler(parseSchedulerConfig(config, entry.class), steps);
    errors[`time steps ${label}`] = worstTimestep(sampler.timesteps, timesteps);
    errors[`init_noise_sigma ${label}`] = worstError([sampler.initNoiseSigma], [sigma], tableTolerance);
  };
  for (const [steps, timesteps] of Object.entries(entry.timesteps)) {
    add(`of ${steps}`, entry.config, Number(steps), timesteps, entry.init_noise_sigma[steps] as number);
  }
  for (const [spacing, variant] of Object.entries(entry.spacing_variants)) {
    const config = { ...entry.config, timestep_spacing: spacing };
    add(spacing, config, variant.steps, variant.timesteps, variant.init_noise_sigma);
  }
  const spacing = parseSchedulerConfig(entry.config, entry.class).timestepSpacing;
  errors['default spacing'] = spacing === entry.default_spacing ? 0 : Number.POSITIVE_INFINITY;
  return errors;
}

function checkTrajectory(
  one: Trajectory,
  cases: Cases,
  inputs: GoldenTensors,
  expected: GoldenTensors,
): Errors {
  const { config: json } = cases.schedulers[one.scheduler] ?? { config: cases.sd14_config };
  const config = parseSchedulerConfig(
    { ...json, ...one.config_override, prediction_type: one.prediction_type },
    one.class,
  );
  const sampler = createSampler(config, one.steps, one.step_kwargs);
  const driven = drive(sampler, inputs);
  const tolerance = toleranceOf(one);
  const errors: Errors = {
    'time steps': worstTimestep(sampler.timesteps, Array.from(expected.get('timesteps').data)),
    'model calls': sampler.timesteps.length === one.model_calls ? 0 : Number.POSITIVE_INFINITY,
    'use of noise': sampler.needsNoise === one.uses_noise ? 0 : Number.POSITIVE_INFINITY,
    init_noise_sigma: worstError([sampler.initNoiseSigma], [one.init_noise_sigma], tableTolerance),
    trajectory: worstError(driven.trajectory, expected.get('trajectory').data, tolerance),
  };
  if (expected.has('scaled_inputs')) {
    errors['scaled_inputs'] = worstError(driven.scaledInputs, expected.get('scaled_inputs').data, tolerance);
  }
  if (expected.has('sigmas')) {
    const sigmas = Array.from(expected.get('sigmas').data);
    errors['sigmas'] = worstError(sigmasOf(sampler, config, sigmas.length), falling(sigmas), tolerance);
  }
  return errors;
}

/** Runs a sampler with the golden model outputs and noises, one of each a call. */
function drive(sampler: Sampler, inputs: GoldenTensors): { trajectory: number[]; scaledInputs: number[] } {
  let sample: Float32Array = inputs.floats('x_T').map((value) => value * sampler.initNoiseSigma);
  const row = (name: string, call: number) =>
    inputs.floats(name).subarray(call * sample.length, (call + 1) * sample.length);
  const trajectory = [...sample];
  const scaledInputs: number[] = [];
  for (let call = 0; call < sampler.timesteps.length; call++) {
    scaledInputs.push(...sampler.scaleInput(sample, call));
    sample = sampler.step(row('model_outputs', call), call, sample, () => row('noise', call));
    trajectory.push(...sample);
  }
  return { trajectory, scaledInputs };
}

/** The noise levels of a sampler: what it adds to a picture of zeros, or else Karras et al.'s over the whole range. */
function sigmasOf(sampler: Sampler, config: SchedulerConfig, count: number): number[] {
  const [zero, one] = [Float32Array.of(0), Float32Array.of(1)];
  const keepsSignal = sampler.addNoise(one, zero, sampler.timesteps[0] as number)[0] === 1;
  if (keepsSignal) {
    const level = (timestep: number) => sampler.addNoise(zero, one, timestep)[0] as number;
    return [...sampler.timesteps.map(level), 0];
  }
  const table = trainingSigmas(noiseSchedule(config));
  return config.useKarrasSigmas
    ? karrasSigmas(table[0] as number, table.at(-1) as number, count)
    : falling([...table]);
}

function checkAddNoise(one: AddNoise, cases: Cases, expected: GoldenTensors): Errors {
  const entry = cases.schedulers[one.scheduler] as SchedulerEntry;
  const config = parseSchedulerConfig(entry.config, entry.class);
  const sampler = createSampler(config, one.set_timesteps);
  const schedule = noiseSchedule(config);
  const timesteps = Array.from(expected.get('timesteps').data);
  const originals = expected.floats('original_samples');
  const noises = expected.floats('noise');
  const size = originals.length / timesteps.length;
  const rows = (of: (original: Float32Array, noise: Float32Array, timestep: number) => Float32Array) =>
    timesteps.flatMap((timestep, i) => {
      const part = (values: Float32Array) => values.subarray(i * size, (i + 1) * size);
      return [...of(part(originals), part(noises), timestep)];
    });
  const tolerance = toleranceOf(one);
  const errors: Errors = { noisy: worstError(rows(sampler.addNoise), expected.get('noisy').data, tolerance) };
  if (expected.has('velocity')) {
    const actual = rows((original, noise, timestep) =>
      velocity(levelAt(schedule, timestep), original, noise),
    );
    errors['velocity'] = worstError(actual, expected.get('velocity').data, tolerance);
  }
  return errors;
}

function worstTimestep(actual: readonly number[], expected: readonly number[]): number {
  const whole = expected.every(Number.isInteger);
  return worstError(actual, expected, whole ? equal : timestepTolerance);
}

function falling(values: readonly number[]): number[] {
  return [...values].sort((a, b) => b - a);
}

function caseName(file: string): string {
  return file.replace('.safetensors', '');
}
