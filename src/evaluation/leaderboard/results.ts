/**
 * What `ksd eval` wrote, read again: as much of it as a comparison of systems needs. Knows no table.
 */
import { z } from 'zod';
import { readJson } from '../../checkpoint/json.ts';
import { ConfigError } from '../../errors.ts';

const estimate = z.object({ mean: z.number(), low: z.number(), high: z.number(), n: z.int() });
const share = z.object({ share: z.number(), low: z.number(), high: z.number(), right: z.int(), n: z.int() });
const language = z.enum(['ko', 'en']);
const words = z.object({ ko: z.string(), en: z.string() });
const system = { system: z.string(), label: z.string(), language };

const statesRow = z.object({
  ...system,
  baseline: z.boolean(),
  mse: estimate,
  r2: z.object({
    start: estimate.optional(),
    content: estimate.optional(),
    afterEnd: estimate.optional(),
    all: estimate.optional(),
  }),
  retrieval: z.object({
    tokens: z.object({
      toTeacher: z.object({ 1: estimate }),
      fromTeacher: z.object({ 1: estimate }),
    }),
  }),
});

const schema = z.object({
  model: z.string(),
  goal: z.string(),
  before: z.string(),
  command: z.string().optional(),
  students: z
    .array(z.object({ name: z.string(), weights: z.string(), trainPairs: z.int().optional() }))
    .default([]),
  settings: z.record(z.string(), z.union([z.string(), z.number()])),
  states: z.object({ pool: z.int(), pairs: z.string(), rows: z.array(statesRow) }).optional(),
  rows: z.array(z.object({ suite: z.string(), ...system, set: z.string(), n: z.int(), both: share })),
  suites: z.array(
    z.object({
      name: z.string(),
      title: words,
      probes: z.record(z.string(), words),
      clipScore: z
        .object({ clip: z.string(), rows: z.array(z.object({ ...system, score: estimate })) })
        .optional(),
      conditioning: z
        .object({
          rows: z.array(
            z.object({
              ...system,
              recovered: estimate,
              probes: z.array(z.object({ probe: z.string(), recovered: estimate })),
            }),
          ),
        })
        .optional(),
    }),
  ),
});

export type Results = z.infer<typeof schema> & { readonly path: string };

/** Throws CheckpointError if the file cannot be read, ConfigError naming it and the field if it is no evaluation. */
export async function readResults(path: string): Promise<Results> {
  const result = schema.safeParse(await readJson(path));
  if (result.success) return { ...result.data, path };
  const [issue] = result.error.issues;
  throw new ConfigError(
    `${path} is no evaluation: ${issue?.path.join('.') || 'the file'}: ${issue?.message}.`,
    'Give JSON files that `ksd eval` of this version wrote.',
  );
}
