/**
 * What every registered sampler must do, whatever it is.
 */
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { randomStream } from '../random/stream.ts';
import { weightedSum } from './linear.ts';
import { namedSamplers, samplerConfig } from './names.ts';
import { createSampler } from './sampler.ts';
import type { NoiseSource, Sampler } from './scheduler.ts';

/** Stable Diffusion 1.4. */
const sd14 = {
  _class_name: 'PNDMScheduler',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  clip_sample: false,
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
  trained_betas: null,
};

const size = 24;
const values = (purpose: string) => randomStream(1, purpose).normals(size);
const fresh = (): NoiseSource => {
  const stream = randomStream(2, 'noise');
  return () => stream.normals(size);
};

const settings: Record<string, object> = {
  'as it is': {},
  leading: { timestep_spacing: 'leading' },
  linspace: { timestep_spacing: 'linspace' },
  trailing: { timestep_spacing: 'trailing' },
  'a short cosine schedule': {
    beta_schedule: 'squaredcos_cap_v2',
    num_train_timesteps: 200,
    lambda_min_clipped: -5,
  },
};

const predictions = ['epsilon', 'v_prediction', 'sample'];

/** Runs `model` from `start`, and gives all samples on the way. */
function run(
  sampler: Sampler,
  start: Float32Array,
  model: (input: Float32Array, call: number) => Float32Array,
) {
  const noise = fresh();
  const path = [start];
  for (let call = 0; call < sampler.timesteps.length; call++) {
    const sample = path.at(-1) as Float32Array;
    path.push(sampler.step(model(sampler.scaleInput(sample, call), call), call, sample, noise));
  }
  return path;
}

/** What a model says that knows the picture: it takes all the rest of its input for noise. */
function knowing(x0: Float32Array, prediction: string, sampler: Sampler) {
  return (input: Float32Array, call: number): Float32Array => {
    const timestep = sampler.timesteps[call] as number;
    const level = (picture: number, noise: number) =>
      sampler.addNoise(Float32Array.of(picture), Float32Array.of(noise), timestep)[0] as number;
    const norm = Math.hypot(level(1, 0), level(0, 1));
    const [alpha, sigma] = [level(1, 0) / norm, level(0, 1) / norm];
    const epsilon = weightedSum([1 / sigma, input], [-alpha / sigma, x0]);
    if (prediction === 'epsilon') return epsilon;
    return prediction === 'sample' ? x0 : weightedSum([alpha, epsilon], [-sigma, x0]);
  };
}

const largest = (numbers: Float32Array) =>
  numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe.each(Object.keys(namedSamplers))('the sampler %s', (name) => {
  const make = (override: object, steps: number, options = {}) =>
    createSampler(samplerConfig({ ...sd14, ...override }, name), steps, options);

  describe.each(Object.entries(settings))('with the setting: %s', (_, override) => {
    it.each([2, 5, 20])('visits time steps of the training that never rise, in %i steps', (steps) => {
      const { timesteps, initNoiseSigma } = make(override, steps);
      const train = 'num_train_timesteps' in override ? 200 : 1000;
      // Whole time steps close to Karras et al.'s levels coincide, and are then visited once.
      const coincide = name.endsWith('_karras');
      expect(timesteps.length).toBeGreaterThanOrEqual(coincide ? 1 : steps);
      timesteps.forEach((timestep, i) => {
        expect(timestep).toBeGreaterThanOrEqual(0);
        expect(timestep).toBeLessThanOrEqual(i ? (timesteps[i - 1] as number) : train - 1);
      });
      expect(initNoiseSigma).toBeGreaterThan(0);
    });

    it.each(predictions)('finds the picture that the model knows, saying %s', (prediction_type) => {
      const x0 = values('picture');
      const sampler = make({ ...override, prediction_type }, 20);
      const start = sampler.addNoise(x0, values('noise'), sampler.timesteps[0] as number);
      const end = run(sampler, start, knowing(x0, prediction_type, sampler)).at(-1) as Float32Array;
      // Runs of the kind may end at the noise of the last time step, which is small but not nothing.
      expect(largest(weightedSum([1, end], [-1, x0]))).toBeLessThan(0.2);
    });
  });

  it('stays finite with a model that says anything', () => {
    const sampler = make({}, 30);
    const start = values('start').map((value) => value * sampler.initNoiseSigma);
    const model = (_: Float32Array, call: number) => values(`output ${call}`);
    for (const sample of run(sampler, start, model)) expect(sample.every(Number.isFinite)).toBe(true);
  });

  it('repeats itself when given the same', () => {
    const once = () => run(make({}, 7), values('start'), (_, call) => values(`output ${call}`));
    expect(once()).toEqual(once());
  });

  it('draws noise if and only if it says so', () => {
    const sampler = make({}, 4);
    let drawn = 0;
    const noise = () => {
      drawn++;
      return values('noise');
    };
    sampler.timesteps.forEach((_, call) => {
      sampler.step(values('output'), call, values('start'), noise);
    });
    expect(drawn > 0).toBe(sampler.needsNoise);
  });

  it('changes none of its arguments, and does not mind if they change later', () => {
    const run = (reuse: boolean) => {
      const sampler = make({}, 6);
      let sample = values('start');
      return sampler.timesteps.map((_, call) => {
        const output = values(`output ${call}`);
        const [before, outputBefore] = [sample.slice(), output.slice()];
        const next = sampler.step(output, call, sample, () => values('noise'));
        expect(sample).toEqual(before);
        expect(output).toEqual(outputBefore);
        if (reuse) {
          output.fill(9);
          sample.fill(9);
        }
        sample = Float32Array.from(next);
        return [...next];
      });
    };
    expect(run(true)).toEqual(run(false));
  });

  it('at strength 0.5 runs the less noisy half, and finds the picture from there', () => {
    const x0 = values('picture');
    const whole = make({}, 20);
    const half = make({}, 20, { strength: 0.5 });
    // Lee et al.'s levels stay high for long.
    const share = name.endsWith('_beta') ? 0.9 : 0.6;
    expect(half.timesteps[0]).toBeLessThan((whole.timesteps[0] as number) * share);
    expect(half.timesteps.at(-1)).toBe(whole.timesteps.at(-1));
    const start = half.addNoise(x0, values('noise'), half.timesteps[0] as number);
    const end = run(half, start, knowing(x0, 'epsilon', half)).at(-1) as Float32Array;
    expect(largest(weightedSum([1, end], [-1, x0]))).toBeLessThan(0.2);
  });

  it('refuses calls out of order and outputs of another size', () => {
    const sampler = make({}, 3);
    const step = (call: number, length = size) =>
      sampler.step(new Float32Array(length), call, values('start'), fresh());
    expect(() => step(1)).toThrow(InputError);
    expect(() => step(0, 3)).toThrow(InputError);
    step(0);
    expect(() => step(0)).toThrow(InputError);
  });

  it('refuses numbers of steps, strengths and time steps that cannot be', () => {
    for (const steps of [0, -1, 1.5, 1001, Number.NaN]) expect(() => make({}, steps)).toThrow(InputError);
    for (const strength of [0, 1.1, 0.01, Number.NaN])
      expect(() => make({}, 10, { strength })).toThrow(InputError);
    for (const eta of [-1, 1.1, Number.NaN]) expect(() => make({}, 10, { eta })).toThrow(InputError);
    const sampler = make({}, 10);
    expect(() => sampler.addNoise(values('a'), values('b'), 1000)).toThrow(InputError);
  });
});

describe('PNDM', () => {
  it('cannot run with one step, nor with Runge-Kutta steps in three', () => {
    expect(() => createSampler(samplerConfig(sd14), 1)).toThrow(/at least 2/);
    expect(() => createSampler(samplerConfig({ ...sd14, skip_prk_steps: false }), 3)).toThrow(/at least 4/);
  });
});

describe('eta', () => {
  it.each(['ddim', 'tcd', 'euler_a', 'dpm2_a', 'dpmpp_2s_a', 'dpmpp_sde'])(
    'is the share of fresh noise that %s draws',
    (name) => {
      const end = (eta: number) => {
        const sampler = createSampler(samplerConfig(sd14, name), 5, { eta });
        expect(sampler.needsNoise).toBe(eta > 0);
        return run(sampler, values('start'), () => values('output')).at(-1);
      };
      expect(end(0)).not.toEqual(end(0.5));
      expect(end(0.5)).not.toEqual(end(1));
    },
  );

  it('is refused by samplers that have no such share', () => {
    for (const name of ['unipc', 'euler', 'ddpm', 'lcm']) {
      expect(() => createSampler(samplerConfig(sd14, name), 5, { eta: 0.5 })).toThrow(/takes no eta/);
    }
  });
});
