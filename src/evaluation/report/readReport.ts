/**
 * What the JSON file of an evaluation tells, read again: as much of it as its tables show.
 */
import { z } from 'zod';
import { readJson } from '../../checkpoint/json.ts';
import { CheckpointError } from '../../errors.ts';
import type { TabledReport } from './tables.ts';

const estimate = z.object({ mean: z.number(), low: z.number(), high: z.number(), n: z.int() });
const proportion = z.object({
  right: z.int(),
  n: z.int(),
  share: z.number(),
  low: z.number(),
  high: z.number(),
});
const system = { system: z.string(), label: z.string(), language: z.enum(['ko', 'en']) };

const pictureRow = z.object({
  /** Left out where there was but one suite, before there were several. */
  suite: z.string().default('emoji'),
  ...system,
  set: z.string(),
  n: z.int(),
  top1: proportion,
  top5: proportion,
  top20: proportion,
  background: proportion,
  both: proportion,
});

const conditioning = z.object({
  rows: z.array(
    z.object({
      ...system,
      recovered: estimate,
      probes: z.array(z.object({ probe: z.string(), recovered: estimate })),
    }),
  ),
  prompts: z.array(
    z.object({ ko: z.string(), en: z.string(), probe: z.string(), recovered: z.array(z.number()) }),
  ),
});

const likeness = z.object({
  to: z.string(),
  chance: z.number(),
  rows: z.array(z.object({ system: z.string(), distance: estimate })),
});

const recall = z.object({ 1: estimate, 5: estimate, 10: estimate });
const found = z.object({ toTeacher: recall, fromTeacher: recall });

const states = z.object({
  pool: z.int(),
  pairs: z.string(),
  rows: z.array(
    z.object({
      ...system,
      baseline: z.boolean(),
      n: z.int(),
      mse: estimate,
      r2: z
        .object({ start: estimate, content: estimate, afterEnd: estimate, all: estimate })
        .partial()
        .transform(({ start, content, afterEnd, all }) => ({ start, content, afterEnd, all })),
      cosine: estimate,
      retrieval: z.object({ pooled: found, tokens: found }),
      groups: z.array(
        z.object({
          by: z.enum(['length', 'domain']),
          name: z.string(),
          n: z.int(),
          r2: estimate,
          found: estimate,
        }),
      ),
    }),
  ),
});

const clipScores = z.object({
  clip: z.string(),
  rows: z.array(
    z.object({
      ...system,
      score: estimate,
      probes: z.array(z.object({ probe: z.string(), score: estimate })),
    }),
  ),
});

const schema = z.object({
  model: z.string(),
  rows: z.array(pictureRow),
  suites: z
    .array(
      z.object({
        name: z.string(),
        probes: z.record(z.string(), z.object({ ko: z.string(), en: z.string() })).optional(),
        conditioning: conditioning.optional(),
        likeness: likeness.optional(),
        clipScore: clipScores.optional(),
      }),
    )
    .default([]),
  states: states.optional(),
});

/** Throws CheckpointError if the file cannot be read, or is none that `ksd eval` wrote. */
export async function readReport(path: string): Promise<TabledReport> {
  const result = schema.safeParse(await readJson(path));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new CheckpointError(
      `${path} is no evaluation: ${issue?.path.join('.') || 'the file'}: ${issue?.message}.`,
      'Give a JSON file that `ksd eval` wrote.',
      { cause: result.error },
    );
  }
  const { rows, suites, states: measured } = result.data;
  const names = new Set([...suites.map(({ name }) => name), ...rows.map(({ suite }) => suite)]);
  return {
    states: measured,
    suites: [...names].map((name) => {
      const own = rows.filter(({ suite }) => suite === name);
      return {
        ...suites.find((suite) => suite.name === name),
        name,
        ...(own.length > 0 ? { pictures: { rows: own } } : {}),
      };
    }),
  };
}
