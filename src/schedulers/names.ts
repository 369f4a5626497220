/**
 * Names of samplers for people: what each is in diffusers, and what AUTOMATIC1111's web UI calls it.
 */
import { ConfigError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';
import { parseSchedulerConfig } from './parse.ts';

export interface NamedSampler {
  readonly className: string;
  /** What the name promises beyond the class, in the keys of scheduler_config.json. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** As the web UI shows it; where it has no such sampler, in its manner. */
  readonly label: string;
}

/** Ways to spread the noise levels: the end of a short name and of a label, and the key of scheduler_config.json. */
const spacings = {
  karras: { label: 'Karras', key: 'use_karras_sigmas' },
  exponential: { label: 'Exponential', key: 'use_exponential_sigmas' },
  beta: { label: 'Beta', key: 'use_beta_sigmas' },
} as const;

/** No spacing but the time steps', whatever the model's own config says. */
const evenTimesteps = {
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
  use_lu_lambdas: false,
};

/** Samplers whose noise levels lie at time steps of the training and nowhere else. */
const atTimesteps: Readonly<Record<string, NamedSampler>> = {
  ddim: named('DDIM', 'DDIMScheduler'),
  ddpm: named('DDPM', 'DDPMScheduler'),
  pndm: named('PLMS', 'PNDMScheduler', { skip_prk_steps: true }),
  euler_a: named('Euler a', 'EulerAncestralDiscreteScheduler'),
  lcm: named('LCM', 'LCMScheduler'),
  tcd: named('TCD', 'TCDScheduler'),
};

/** Samplers that also take the other spacings of noise levels. */
const spaced: Readonly<Record<string, NamedSampler>> = {
  unipc: named('UniPC', 'UniPCMultistepScheduler'),
  euler: named('Euler', 'EulerDiscreteScheduler'),
  heun: named('Heun', 'HeunDiscreteScheduler'),
  lms: named('LMS', 'LMSDiscreteScheduler'),
  dpm2: named('DPM2', 'KDPM2DiscreteScheduler'),
  dpm2_a: named('DPM2 a', 'KDPM2AncestralDiscreteScheduler'),
  dpm_2m: dpm('DPM 2M', 'Multistep', 'dpmsolver', 2, { final_sigmas_type: 'sigma_min' }),
  dpmpp_2s: dpm('DPM++ 2S', 'Singlestep', 'dpmsolver++', 2),
  dpmpp_2s_a: named('DPM++ 2S a', 'DPMSolver2SAncestralDiscreteScheduler'),
  dpmpp_3s: dpm('DPM++ 3S', 'Singlestep', 'dpmsolver++', 3),
  dpmpp_2m: dpm('DPM++ 2M', 'Multistep', 'dpmsolver++', 2),
  dpmpp_3m: dpm('DPM++ 3M', 'Multistep', 'dpmsolver++', 3),
  dpmpp_sde: named('DPM++ SDE', 'DPMSolverSDEScheduler'),
  dpmpp_2m_sde: dpm('DPM++ 2M SDE', 'Multistep', 'sde-dpmsolver++', 2),
  dpmpp_2m_sde_heun: dpm('DPM++ 2M SDE Heun', 'Multistep', 'sde-dpmsolver++', 2, { solver_type: 'heun' }),
  dpmpp_3m_sde: dpm('DPM++ 3M SDE', 'Multistep', 'sde-dpmsolver++', 3),
  deis: named('DEIS', 'DEISMultistepScheduler', { solver_order: 2 }),
};

/** All short names: those that take a spacing stand with each of them, too, as `euler_karras`. */
export const namedSamplers: Readonly<Record<string, NamedSampler>> = {
  ...atTimesteps,
  ...Object.fromEntries(
    Object.entries(spaced).flatMap(([name, sampler]) => [
      [name, withSettings(sampler, evenTimesteps)],
      ...Object.entries(spacings).map(([ending, { label, key }]) => [
        `${name}_${ending}`,
        {
          ...withSettings(sampler, { ...evenTimesteps, [key]: true }),
          label: `${sampler.label} ${label}`,
        },
      ]),
    ]),
  ),
};

/** The short names without those that only add a spacing, for lists that people read. */
export const samplerNames: readonly string[] = [...Object.keys(atTimesteps), ...Object.keys(spaced)];

/** Whether a short name also stands with `_karras`, `_exponential` and `_beta`. */
export function takesSpacing(name: string): boolean {
  return Object.hasOwn(spaced, name);
}

/**
 * The config for a sampler by its short name, by the web UI's label in any case, or by its diffusers class, on top of the
 * model's own scheduler_config.json. Without a name, the model's own sampler.
 * Throws ConfigError for an unknown name, listing the known ones, and as `parseSchedulerConfig` does.
 */
export function samplerConfig(json: unknown, name?: string): SchedulerConfig {
  if (name === undefined || name.endsWith('Scheduler')) return parseSchedulerConfig(json, name);
  const found = find(name);
  if (!found) {
    throw new ConfigError(
      `There is no sampler ${JSON.stringify(name)}.`,
      `Known are ${samplerNames.join(', ')}; many also with ${Object.keys(spacings)
        .map((ending) => `_${ending}`)
        .join(', ')}, as in dpmpp_2m_karras.`,
    );
  }
  const own = typeof json === 'object' && json !== null && !Array.isArray(json);
  return parseSchedulerConfig(own ? { ...json, ...found.settings } : json, found.className);
}

/** What the web UI calls a sampler; the name itself where it is none of ours. */
export function samplerLabel(name: string): string {
  return find(name)?.label ?? name;
}

function find(name: string): NamedSampler | undefined {
  const wanted = plain(name);
  return Object.entries(namedSamplers).find(
    ([short, { label }]) => plain(short) === wanted || plain(label) === wanted,
  )?.[1];
}

/** Short names and labels differ in case, in spaces and in how they write the pluses. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('+', 'p')
    .replace(/[\s_-]/g, '');
}

function named(label: string, className: string, settings: NamedSampler['settings'] = {}): NamedSampler {
  return { className, settings, label };
}

function dpm(
  label: string,
  kind: 'Multistep' | 'Singlestep',
  algorithm: string,
  order: number,
  more: NamedSampler['settings'] = {},
): NamedSampler {
  return named(label, `DPMSolver${kind}Scheduler`, {
    algorithm_type: algorithm,
    solver_order: order,
    ...more,
  });
}

function withSettings(sampler: NamedSampler, settings: NamedSampler['settings']): NamedSampler {
  return { ...sampler, settings: { ...sampler.settings, ...settings } };
}
