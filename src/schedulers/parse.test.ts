import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { cumulativeProduct, withZeroTerminalSignal } from './betas.ts';
import { type NamedSampler, namedSamplers, samplerConfig, samplerLabel } from './names.ts';
import { noiseSchedule } from './noise.ts';
import { parseSchedulerConfig } from './parse.ts';
import { schedulers } from './registry.ts';
import { createSampler } from './sampler.ts';

describe('parsing a scheduler config', () => {
  it('takes what is given and fills the rest with the defaults of the class', () => {
    const config = parseSchedulerConfig({ _class_name: 'DDIMScheduler', beta_start: 0.001, steps_offset: 1 });
    expect(config).toMatchObject({
      className: 'DDIMScheduler',
      betaStart: 0.001,
      betaEnd: 0.02,
      stepsOffset: 1,
      timestepSpacing: 'leading',
      clipSample: true,
      setAlphaToOne: true,
    });
  });

  it('keeps shared values when another class is asked for, and takes its defaults for the rest', () => {
    const json = { _class_name: 'PNDMScheduler', beta_start: 0.001, set_alpha_to_one: false };
    const config = parseSchedulerConfig(json, 'UniPCMultistepScheduler');
    expect(config).toMatchObject({
      className: 'UniPCMultistepScheduler',
      betaStart: 0.001,
      timestepSpacing: 'linspace',
      solverType: 'bh2',
    });
  });

  it('counts null as absent, ignores unknown keys, and reads predict_x0', () => {
    const json = { _class_name: 'DDIMScheduler', trained_betas: null, some_new_key: 7, predict_x0: false };
    const config = parseSchedulerConfig(json);
    expect(config.trainedBetas).toBeUndefined();
    expect(config.predictX0).toBe(false);
  });

  it('reads the -Infinity of lambda_min_clipped as a number and as a text', () => {
    for (const lambda_min_clipped of [Number.NEGATIVE_INFINITY, '-Infinity']) {
      const json = { _class_name: 'DPMSolverMultistepScheduler', lambda_min_clipped };
      expect(parseSchedulerConfig(json).lambdaMinClipped).toBe(Number.NEGATIVE_INFINITY);
    }
    const json = { _class_name: 'DPMSolverMultistepScheduler', lambda_min_clipped: 'low' };
    expect(() => parseSchedulerConfig(json)).toThrow(/lambda_min_clipped "low"/);
  });

  it('lists the known classes when it meets an unknown one', () => {
    expect(() => parseSchedulerConfig({ _class_name: 'VQDiffusionScheduler' })).toThrow(ConfigError);
    for (const { className } of schedulers) {
      expect(() => parseSchedulerConfig({ _class_name: 'VQDiffusionScheduler' })).toThrow(className);
    }
    expect(() => parseSchedulerConfig({})).toThrow(/_class_name/);
    expect(() => parseSchedulerConfig([])).toThrow(ConfigError);
  });

  it.each([
    ['beta_schedule', 'quadratic'],
    ['prediction_type', 'flow'],
    ['timestep_spacing', 'random'],
    ['solver_type', 'euler'],
    ['algorithm_type', 'dpm'],
    ['solver_order', 4],
    ['num_train_timesteps', 0],
    ['variance_type', 'learned_range'],
    ['thresholding', true],
    ['use_flow_sigmas', true],
    ['final_sigmas_type', 'one'],
    ['original_inference_steps', 0],
  ])('names key and value of an unusable %s', (key, value) => {
    const parse = () => parseSchedulerConfig({ _class_name: 'DDIMScheduler', [key]: value });
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(key);
    expect(parse).toThrow(JSON.stringify(value));
  });

  it('refuses settings that exclude each other', () => {
    const third = samplerConfig(
      { solver_order: 3, algorithm_type: 'sde-dpmsolver' },
      'DPMSolverMultistepScheduler',
    );
    expect(() => createSampler(third, 5)).toThrow(ConfigError);
    const single = samplerConfig({ algorithm_type: 'sde-dpmsolver++' }, 'DPMSolverSinglestepScheduler');
    expect(() => createSampler(single, 5)).toThrow(/single-step/);
    for (const json of [
      { _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'dpmsolver', final_sigmas_type: 'zero' },
      { _class_name: 'UniPCMultistepScheduler', predict_x0: false, final_sigmas_type: 'zero' },
    ]) {
      expect(() => createSampler(parseSchedulerConfig(json), 5)).toThrow(/cannot end without/);
    }
    const two = { _class_name: 'EulerDiscreteScheduler', use_karras_sigmas: true, use_beta_sigmas: true };
    expect(() => parseSchedulerConfig(two)).toThrow(/use_beta_sigmas.*excludes use_karras_sigmas/s);
    const few = parseSchedulerConfig({ _class_name: 'DDIMScheduler', trained_betas: [0.1, 0.2] });
    expect(() => createSampler(few, 2)).toThrow(/2 trained_betas for num_train_timesteps 1000/);
  });
});

describe('short names', () => {
  it('give the class and what the name promises, on top of the own config', () => {
    const own = { _class_name: 'PNDMScheduler', beta_start: 0.001, solver_order: 3 };
    expect(samplerConfig(own, 'dpmpp_2m_karras')).toMatchObject({
      className: 'DPMSolverMultistepScheduler',
      betaStart: 0.001,
      solverOrder: 2,
      useKarrasSigmas: true,
    });
    expect(samplerConfig(own).className).toBe('PNDMScheduler');
    expect(samplerConfig(own, 'HeunDiscreteScheduler').className).toBe('HeunDiscreteScheduler');
  });

  it('are listed when one is unknown', () => {
    expect(() => samplerConfig({}, 'dpm++')).toThrow(/dpmpp_2m.*_karras/);
    expect(() => samplerConfig({}, 'toString')).toThrow(ConfigError);
  });

  it.each([
    ['DPM++ 2M Karras', 'dpmpp_2m_karras'],
    ['dpm++ 2m sde', 'dpmpp_2m_sde'],
    ['DPM++ SDE Karras', 'dpmpp_sde_karras'],
    ['DPM++ 2S a', 'dpmpp_2s_a'],
    ['DPM++ 3M SDE Exponential', 'dpmpp_3m_sde_exponential'],
    ['DPM2 a', 'dpm2_a'],
    ['Euler A', 'euler_a'],
    ['PLMS', 'pndm'],
    ['UNIPC', 'unipc'],
  ])("are the web UI's label %s, too", (label, name) => {
    const { className, settings } = namedSamplers[name] as NamedSampler;
    const json = { _class_name: 'DDIMScheduler', use_karras_sigmas: true };
    expect(samplerConfig(json, label)).toEqual(parseSchedulerConfig({ ...json, ...settings }, className));
    expect(samplerLabel(name).toLowerCase()).toBe(label.toLowerCase());
  });

  it('stay apart when spaces, pluses and case are overlooked', () => {
    const plain = (name: string) => name.toLowerCase().replaceAll('+', 'p').replace(/[ _]/g, '');
    const all = Object.entries(namedSamplers).map(([name, { label }]) => [
      ...new Set([plain(name), plain(label)]),
    ]);
    expect(new Set(all.flat()).size).toBe(all.flat().length);
  });

  it('have a label each, no two alike, and cover every class', () => {
    const all = Object.values(namedSamplers);
    expect(new Set(all.map(({ label }) => label)).size).toBe(all.length);
    expect(new Set(all.map(({ className }) => className))).toEqual(
      new Set(schedulers.map((s) => s.className)),
    );
  });
});

describe('beta schedules', () => {
  it('lose all signal at the last time step when rescaled to zero terminal SNR', () => {
    const config = parseSchedulerConfig({ _class_name: 'DDIMScheduler', beta_schedule: 'scaled_linear' });
    const plain = noiseSchedule(config);
    const signals = cumulativeProduct(withZeroTerminalSignal(plain.betas));
    expect(signals.at(-1)).toBeCloseTo(0, 6);
    expect(signals[0]).toBeCloseTo(plain.alphasCumprod[0] as number, 6);
    const { alphasCumprod } = noiseSchedule({ ...config, rescaleBetasZeroSnr: true });
    expect(alphasCumprod.at(-1)).toBe(2 ** -24);
  });

  it.each(['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid', 'exp'])(
    '%s loses signal all the way',
    (name) => {
      const { alphasCumprod } = noiseSchedule(
        parseSchedulerConfig({ _class_name: 'DDIMScheduler', beta_schedule: name, num_train_timesteps: 50 }),
      );
      alphasCumprod.forEach((power, i) => {
        expect(power).toBeLessThan(i ? (alphasCumprod[i - 1] as number) : 1);
        expect(power).toBeGreaterThan(0);
      });
    },
  );
});
