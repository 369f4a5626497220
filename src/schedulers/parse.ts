/**
 * Reads a diffusers scheduler_config.json. Knows the names and the kinds of its keys, not what they do.
 */
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import {
  algorithmTypes,
  betaSchedules,
  finalSigmasTypes,
  predictionTypes,
  type SchedulerConfig,
  sharedDefaults,
  solverTypes,
  timestepSpacings,
  varianceTypes,
} from './config.ts';
import { schedulers } from './registry.ts';
import type { Scheduler } from './scheduler.ts';

/** Everything but the class; keys as in SchedulerConfig. */
const values = z
  .object({
    numTrainTimesteps: z.int().min(1),
    betaStart: z.number().positive(),
    betaEnd: z.number().positive().max(1),
    betaSchedule: z.enum(betaSchedules),
    trainedBetas: z.array(z.number().min(0).max(1)),
    rescaleBetasZeroSnr: z.boolean(),
    predictionType: z.enum(predictionTypes),
    timestepSpacing: z.enum(timestepSpacings),
    stepsOffset: z.int().min(0),
    clipSample: z.boolean(),
    clipSampleRange: z.number().positive(),
    setAlphaToOne: z.boolean(),
    skipPrkSteps: z.boolean(),
    useKarrasSigmas: z.boolean(),
    useExponentialSigmas: z.boolean(),
    useLuLambdas: z.boolean(),
    useBetaSigmas: z.boolean(),
    finalSigmasType: z.enum(finalSigmasTypes),
    eulerAtFinal: z.boolean(),
    varianceType: z.enum(varianceTypes),
    solverOrder: z.int().min(1).max(3),
    algorithmType: z.enum(algorithmTypes),
    solverType: z.enum(solverTypes),
    lowerOrderFinal: z.boolean(),
    lambdaMinClipped: z.preprocess(
      (value) => (value === '-Infinity' ? Number.NEGATIVE_INFINITY : value),
      z.custom<number>((value) => typeof value === 'number' && !Number.isNaN(value)),
    ),
    predictX0: z.boolean(),
    disableCorrector: z.array(z.int()),
    originalInferenceSteps: z.int().min(1),
    timestepScaling: z.number().positive(),
  })
  .partial();

/** Settings that change the picture and that no sampler here has: better refused than ignored. */
const unsupported = ['thresholding', 'use_flow_sigmas'];

/** Each says where the noise levels lie: one at most. */
const sigmaSpacings = [
  'use_karras_sigmas',
  'use_exponential_sigmas',
  'use_beta_sigmas',
  'use_lu_lambdas',
] as const;

/**
 * A config out of parsed JSON. `className` replaces the class that the JSON names: what both classes know stays,
 * and the rest takes the defaults of the new class (`from_config` in diffusers). Unknown keys are ignored, and null
 * counts as absent.
 *
 * Throws ConfigError for an unknown class, naming the known ones, and for an unusable value, naming its key.
 */
export function parseSchedulerConfig(json: unknown, className?: string): SchedulerConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ConfigError(
      'The scheduler config is not a JSON object.',
      'Give a scheduler_config.json of diffusers.',
    );
  }
  const given = Object.fromEntries(
    Object.entries(json).filter(([, value]) => value !== null && value !== undefined),
  );
  const scheduler = schedulerOf(className ?? given['_class_name']);
  const spacings = sigmaSpacings.filter((key) => given[key] === true);
  if (spacings.length > 1) throw unusable(spacings[1] as string, true, `excludes ${spacings[0]}`);
  for (const key of unsupported) if (given[key]) throw unusable(key, given[key], 'must be false or absent');
  const renamed = Object.fromEntries(Object.entries(given).map(([key, value]) => [camelCase(key), value]));
  const parsed = values.safeParse(renamed);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    const key = String(issue.path[0]);
    throw unusable(snakeCase(key), renamed[key], issue.message);
  }
  return {
    ...sharedDefaults,
    ...scheduler.defaults,
    ...(parsed.data as Partial<SchedulerConfig>),
    className: scheduler.className,
  };
}

/** The scheduler of a diffusers class. Throws ConfigError naming the known ones if there is none. */
export function schedulerOf(className: unknown): Scheduler {
  const found = schedulers.find((scheduler) => scheduler.className === className);
  if (found) return found;
  throw new ConfigError(
    className === undefined
      ? 'The scheduler config has no _class_name.'
      : `There is no scheduler ${JSON.stringify(className)}.`,
    `Known are ${schedulers.map((scheduler) => scheduler.className).join(', ')}.`,
  );
}

function unusable(key: string, value: unknown, why: string): ConfigError {
  return new ConfigError(
    `The scheduler config has ${key} ${JSON.stringify(value)}, which cannot be used.`,
    `${key}: ${why}.`,
  );
}

/** beta_start -> betaStart */
function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
