/**
 * Short names of samplers for people: what each is in diffusers, and what AUTOMATIC1111's web UI calls it.
 */
import { ConfigError } from '../errors.ts';
import type { SchedulerConfig } from './config.ts';
import { parseSchedulerConfig } from './parse.ts';

export interface NamedSampler {
  readonly className: string;
  /** What the name promises beyond the class, in the keys of scheduler_config.json. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** As the web UI shows it. */
  readonly label: string;
}

const named = (className: string, label: string, settings: NamedSampler['settings'] = {}): NamedSampler => ({
  className,
  settings,
  label,
});

const dpm = (label: string, algorithm: string, order: number, karras: boolean): NamedSampler =>
  named('DPMSolverMultistepScheduler', label, {
    algorithm_type: algorithm,
    solver_order: order,
    use_karras_sigmas: karras,
  });

export const namedSamplers: Readonly<Record<string, NamedSampler>> = {
  ddim: named('DDIMScheduler', 'DDIM'),
  ddpm: named('DDPMScheduler', 'DDPM'),
  pndm: named('PNDMScheduler', 'PLMS', { skip_prk_steps: true }),
  unipc: named('UniPCMultistepScheduler', 'UniPC', { use_karras_sigmas: false }),
  unipc_karras: named('UniPCMultistepScheduler', 'UniPC Karras', { use_karras_sigmas: true }),
  euler: named('EulerDiscreteScheduler', 'Euler', { use_karras_sigmas: false }),
  euler_karras: named('EulerDiscreteScheduler', 'Euler Karras', { use_karras_sigmas: true }),
  euler_a: named('EulerAncestralDiscreteScheduler', 'Euler a'),
  heun: named('HeunDiscreteScheduler', 'Heun', { use_karras_sigmas: false }),
  heun_karras: named('HeunDiscreteScheduler', 'Heun Karras', { use_karras_sigmas: true }),
  lms: named('LMSDiscreteScheduler', 'LMS', { use_karras_sigmas: false }),
  lms_karras: named('LMSDiscreteScheduler', 'LMS Karras', { use_karras_sigmas: true }),
  dpm_2m: dpm('DPM 2M', 'dpmsolver', 2, false),
  dpmpp_2m: dpm('DPM++ 2M', 'dpmsolver++', 2, false),
  dpmpp_2m_karras: dpm('DPM++ 2M Karras', 'dpmsolver++', 2, true),
  dpmpp_3m: dpm('DPM++ 3M', 'dpmsolver++', 3, false),
  dpmpp_3m_karras: dpm('DPM++ 3M Karras', 'dpmsolver++', 3, true),
  dpmpp_sde: dpm('DPM++ 2M SDE', 'sde-dpmsolver++', 2, false),
  dpmpp_sde_karras: dpm('DPM++ 2M SDE Karras', 'sde-dpmsolver++', 2, true),
};

/**
 * The config for a sampler by its short name, or by its diffusers class, on top of the model's own
 * scheduler_config.json. Without a name, the model's own sampler.
 * Throws ConfigError for an unknown name, listing the known ones, and as `parseSchedulerConfig` does.
 */
export function samplerConfig(json: unknown, name?: string): SchedulerConfig {
  if (name === undefined || name.endsWith('Scheduler')) return parseSchedulerConfig(json, name);
  const found = Object.hasOwn(namedSamplers, name) ? namedSamplers[name] : undefined;
  if (!found) {
    throw new ConfigError(
      `There is no sampler ${JSON.stringify(name)}.`,
      `Known are ${Object.keys(namedSamplers).join(', ')}.`,
    );
  }
  const own = typeof json === 'object' && json !== null && !Array.isArray(json);
  return parseSchedulerConfig(own ? { ...json, ...found.settings } : json, found.className);
}
