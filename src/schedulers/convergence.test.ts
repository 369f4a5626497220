/**
 * Samplers on data whose best model is known: normally distributed with mean mu and standard deviation s. What the
 * probability flow makes of a sample is then known, too: its distance from the mean, in standard deviations, stays.
 */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../random/stream.ts';
import { boundaryScaling } from './lcm.ts';
import { samplerConfig } from './names.ts';
import { createSampler, type SamplerOptions } from './sampler.ts';
import type { NoiseSource, Sampler } from './scheduler.ts';

const sd14 = {
  _class_name: 'PNDMScheduler',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  clip_sample: false,
  steps_offset: 1,
};
const mu = 0.7;
const s = 0.5;

const made = (name: string, steps: number, override: object = {}, options: SamplerOptions = {}) =>
  createSampler(samplerConfig({ ...sd14, ...override }, name), steps, options);

/** Signal and noise of the sampler's latents in call number `call`. */
function levelOf(sampler: Sampler, call: number) {
  const of = (picture: number, noise: number) =>
    sampler.addNoise(
      Float32Array.of(picture),
      Float32Array.of(noise),
      sampler.timesteps[call] as number,
    )[0] as number;
  return { alpha: of(1, 0), sigma: of(0, 1) };
}

type Level = ReturnType<typeof levelOf>;

/** The noise that the best model sees in `input`, of variance 1. */
function bestModel(input: Float32Array, { alpha, sigma }: Level): Float32Array {
  const norm = Math.hypot(alpha, sigma);
  const [signal, noise] = [alpha / norm, sigma / norm];
  const variance = (signal * s) ** 2 + noise ** 2;
  return input.map((x) => (noise * (x - signal * mu)) / variance);
}

/** The sample at level `to` that the probability flow makes of `x` at `from`. */
function flow(x: Float32Array, from: Level, to: Level): Float32Array {
  const deviation = ({ alpha, sigma }: Level) => Math.hypot(alpha * s, sigma);
  const ratio = deviation(to) / deviation(from);
  return x.map((value) => to.alpha * mu + ratio * (value - from.alpha * mu));
}

const normalsOf = (purpose: string, count: number) => randomStream(4, purpose).normals(count);

function sourceOf(count: number): NoiseSource {
  const stream = randomStream(5, 'steps');
  return Object.assign(() => stream.normals(count), {
    named: (name: number) => randomStream(5, 'named', name).normals(count),
  });
}

/** Latents as noisy data at the first level. */
function noisyData(sampler: Sampler, count: number): Float32Array {
  const data = normalsOf('data', count).map((value) => mu + s * value);
  return sampler.addNoise(data, normalsOf('noise', count), sampler.timesteps[0] as number);
}

/** The samples of a run, the start first. */
function run(sampler: Sampler, start: Float32Array, model = bestModel): Float32Array[] {
  const noise = sourceOf(start.length);
  const path = [start];
  for (let call = 0; call < sampler.timesteps.length; call++) {
    const sample = path.at(-1) as Float32Array;
    const output = model(sampler.scaleInput(sample, call), levelOf(sampler, call));
    path.push(sampler.step(output, call, sample, noise));
  }
  return path;
}

const farthest = (one: Float32Array, other: Float32Array) =>
  one.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] as number))), 0);

/**
 * How far a run of the sampler is from the exact flow at the level of its last call: where all runs get to, however many
 * steps they have.
 */
function errorOf(sampler: Sampler): number {
  const start = noisyData(sampler, 20);
  const last = sampler.timesteps.length - 1;
  const reached = run(sampler, start)[last] as Float32Array;
  return farthest(reached, flow(start, levelOf(sampler, 0), levelOf(sampler, last)));
}

const even = { lower_order_final: false, final_sigmas_type: 'sigma_min' };

describe('the error of a deterministic sampler', () => {
  it.each<[name: string, order: number, override?: object, options?: SamplerOptions]>([
    ['euler_exponential', 1],
    ['dpmpp_2m_exponential', 1, { ...even, solver_order: 1 }],
    ['heun_exponential', 2],
    ['dpm2_exponential', 2],
    ['dpm2_a_exponential', 2, {}, { eta: 0 }],
    ['dpmpp_2s_a_exponential', 2, {}, { eta: 0 }],
    ['dpmpp_sde_exponential', 2, {}, { eta: 0 }],
    ['dpmpp_2s_exponential', 2, even],
    ['dpmpp_2m_exponential', 2, even],
    ['dpm_2m_exponential', 2, even],
    ['deis_exponential', 2, even],
    ['unipc_exponential', 2, even],
    ['dpmpp_3s_exponential', 3, even],
  ])('%s falls by 2 to the order %i when steps double', (name, order, override = {}, options = {}) => {
    const json = samplerConfig({ ...sd14, ...override }, name);
    const settings = 'solver_order' in override ? { ...json, solverOrder: order } : json;
    const error = (steps: number) => errorOf(createSampler(settings, steps, options));
    const [coarse, fine] = [error(24), error(48)];
    expect(fine).toBeGreaterThan(0);
    const measured = Math.log2(coarse / fine);
    expect(measured).toBeGreaterThan(order - 0.35);
  });
});

/** Mean and standard deviation. */
function moments(values: Float32Array) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    mean,
    std: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length),
  };
}

describe('a sampler that is another one in a special case', () => {
  const ends = (sampler: Sampler) => run(sampler, noisyData(sampler, 20));

  it.each<[string, [string, object, SamplerOptions], [string, object, SamplerOptions]]>([
    ['DPM2 a without fresh noise is DPM2', ['dpm2_a', {}, { eta: 0 }], ['dpm2', {}, {}]],
    [
      'DPM++ SDE without fresh noise is DPM++ 2S a without',
      ['dpmpp_sde', {}, { eta: 0 }],
      ['dpmpp_2s_a', {}, { eta: 0 }],
    ],
    ['Euler a without fresh noise is Euler', ['euler_a', {}, { eta: 0 }], ['euler', {}, {}]],
    ['DEIS is DPM-Solver with exact integrals', ['deis', {}, {}], ['dpm_2m', { solver_type: 'heun' }, {}]],
    [
      'single-step DPM-Solver++ is multistep in first order',
      ['DPMSolverSinglestepScheduler', { solver_order: 1, ...even }, {}],
      ['DPMSolverMultistepScheduler', { solver_order: 1, ...even }, {}],
    ],
    [
      "Lu et al.'s levels are the exponential ones",
      ['DPMSolverMultistepScheduler', { use_lu_lambdas: true }, {}],
      ['DPMSolverMultistepScheduler', { use_exponential_sigmas: true }, {}],
    ],
  ])('%s', (_, [name, override, options], [other, otherOverride, otherOptions]) => {
    const one = ends(made(name, 12, override, options));
    const two = ends(made(other, 12, otherOverride, otherOptions));
    expect(one.length).toBe(two.length);
    for (const [i, sample] of one.entries()) {
      expect(farthest(sample, two[i] as Float32Array)).toBeLessThan(1e-4);
    }
  });

  it.each(['DPMSolverSinglestepScheduler', 'DEISMultistepScheduler', 'DPMSolverMultistepScheduler'])(
    '%s of first order is DDIM',
    (name) => {
      const sampler = made(name, 12, { solver_order: 1, ...even });
      const path = ends(sampler);
      for (let call = 0; call < sampler.timesteps.length - 1; call++) {
        const [from, to] = [levelOf(sampler, call), levelOf(sampler, call + 1)];
        const sample = path[call] as Float32Array;
        const epsilon = bestModel(sample, from);
        const expected = sample.map((x, i) => {
          const noise = epsilon[i] as number;
          return (to.alpha * (x - from.sigma * noise)) / from.alpha + to.sigma * noise;
        });
        expect(farthest(path[call + 1] as Float32Array, expected)).toBeLessThan(1e-5);
      }
    },
  );

  it('TCD without fresh noise is DDIM over the time steps of LCM, down to time step 0', () => {
    const [sampler, lcm] = [made('tcd', 5, {}, { eta: 0 }), made('lcm', 5)];
    expect(sampler.timesteps).toEqual([999, 799, 599, 399, 199]);
    expect(sampler.timesteps).toEqual(lcm.timesteps);
    const path = ends(sampler);
    const [from, to] = [levelOf(sampler, 1), levelOf(sampler, 2)];
    const sample = path[1] as Float32Array;
    const epsilon = bestModel(sample, from);
    const expected = sample.map((x, i) => {
      const noise = epsilon[i] as number;
      return (to.alpha * (x - from.sigma * noise)) / from.alpha + to.sigma * noise;
    });
    expect(farthest(path[2] as Float32Array, expected)).toBeLessThan(1e-5);
  });
});

describe('a consistency model', () => {
  /** What the flow makes of `input` in the end, as LCM's students learn to say at once. */
  const consistent = (input: Float32Array, level: Level) => flow(input, level, { alpha: 1, sigma: 0 });

  it.each([1, 2, 4, 8])('gives LCM the distribution of the data in %i steps', (steps) => {
    const count = 10_000;
    const sampler = made('lcm', steps, { prediction_type: 'sample' });
    const { mean, std } = moments(run(sampler, noisyData(sampler, count), consistent).at(-1) as Float32Array);
    expect(Math.abs(mean - mu)).toBeLessThan(5 * (s / Math.sqrt(count)));
    expect(Math.abs(std - s)).toBeLessThan(5 * (s / Math.sqrt(2 * count)));
  });

  it('says the sample itself at time step 0, and the prediction at high ones', () => {
    expect(boundaryScaling({ timestepScaling: 10 }, 0)).toEqual({ skip: 1, out: 0 });
    const { skip, out } = boundaryScaling({ timestepScaling: 10 }, 999);
    expect(skip).toBeLessThan(1e-8);
    expect(out).toBeCloseTo(1, 8);
  });

  it('cannot take more steps than its teacher did', () => {
    expect(() => made('lcm', 51)).toThrow(/knows 50 time steps/);
    expect(made('lcm', 51, { original_inference_steps: 100 }).timesteps.length).toBe(51);
  });
});

describe('DPM++ SDE', () => {
  it('draws nearly the same from the same noise in more steps, and another in other noise', () => {
    const start = normalsOf('start', 200);
    const end = (steps: number, seed: number) => {
      const noise: NoiseSource = Object.assign(() => new Float32Array(200), {
        named: (name: number) => randomStream(seed, 'named', name).normals(200),
      });
      const sampler = made('dpmpp_sde_karras', steps);
      let sample: Float32Array = start.map((value) => value * sampler.initNoiseSigma);
      for (let call = 0; call < sampler.timesteps.length; call++) {
        const output = bestModel(sampler.scaleInput(sample, call), levelOf(sampler, call));
        sample = sampler.step(output, call, sample, noise);
      }
      return sample;
    };
    const distance = (one: Float32Array, other: Float32Array) =>
      Math.sqrt(one.reduce((sum, value, i) => sum + (value - (other[i] as number)) ** 2, 0) / one.length);
    const reference = end(100, 1);
    expect(distance(end(50, 1), reference)).toBeLessThan(distance(end(25, 1), reference));
    expect(distance(end(25, 1), reference)).toBeLessThan(0.3 * distance(end(25, 2), reference));
  });
});

describe('a stochastic sampler', () => {
  const count = 10_000;

  it.each([
    // Of first order, in time steps that leave much to the last step.
    ['ddim', 400],
    ['ddpm', 400],
    ['euler_a', 400],
    ['dpmpp_2m_sde', 400],
    ['dpm2_a', 100],
    ['dpm2_a_karras', 100],
    ['dpmpp_2s_a', 100],
    ['dpmpp_2s_a_karras', 100],
    ['dpmpp_sde_karras', 50],
    ['dpmpp_2m_sde_karras', 100],
    ['dpmpp_2m_sde_exponential', 100],
    ['dpmpp_3m_sde_exponential', 100],
  ] as const)('%s draws from the distribution of the data in %i steps', (name, steps) => {
    const sampler = made(name, steps, {}, name === 'ddim' ? { eta: 1 } : {});
    expect(sampler.needsNoise).toBe(true);
    const { mean, std } = moments(run(sampler, noisyData(sampler, count)).at(-1) as Float32Array);
    // Five standard errors of 10,000 draws, and 2 % for the length of the steps.
    expect(Math.abs(mean - mu)).toBeLessThan(5 * (s / Math.sqrt(count)) + 0.02 * mu);
    expect(Math.abs(std - s)).toBeLessThan(5 * (s / Math.sqrt(2 * count)) + 0.02 * s);
  });
});
