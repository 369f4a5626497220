/**
 * An experiment: everything that decides a training run, as a short YAML file.
 *
 * Paths in the file are relative to it. Every field is documented in docs/experiments.md; unknown fields are errors,
 * so that a misspelt one is never silently a default.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml, stringify } from 'yaml';
import { z } from 'zod';
import { CheckpointError, ConfigError } from '../errors.ts';
import { augmentKindNames } from './augment/registry.ts';
import { precisions } from './stepGraph.ts';
import { studentKindNames } from './students.ts';

const positive = z.number().positive();
const count = z.int().positive();
const fraction = z.number().min(0).lt(1);
const part = z.number().min(0).max(1);

/** The part of the texts that are changed, for each kind. */
const augmentRates = Object.fromEntries(augmentKindNames.map((name) => [name, part.default(0)])) as {
  readonly [Name in (typeof augmentKindNames)[number]]: z.ZodDefault<typeof part>;
};

const schema = z.strictObject({
  /** Names the run's folder. */
  name: z.string().regex(/^[\p{L}\p{N}._-]+$/u, 'must be letters, digits, dots, dashes and underscores'),
  /** Decides the split, the order of batches and random weights. */
  seed: z.int().nonnegative().default(0),
  /** A Stable Diffusion in diffusers layout; its text encoder teaches, its U-Net draws the samples. */
  teacher: z.string(),
  student: z.strictObject({
    kind: z.enum(studentKindNames),
    /** `teacher` (its weights), `random`, or the folder of a text encoder. */
    start: z.string(),
    /** Folder of the student's tokenizer; that of `start` when left out. */
    tokenizer: z.string().optional(),
    /** With `start: random`: the values of the student's config.json. */
    config: z.record(z.string(), z.unknown()).optional(),
    /** A trained linear layer above the student; exactly where its width is not the teacher's, when left out. */
    projection: z.boolean().optional(),
  }),
  corpus: z.strictObject({
    /** A corpus that `ksd corpus build` made, or anything that it reads. */
    pairs: z.string(),
    /** How many pairs to use, chosen by a seeded hash; all when left out. */
    sample: count.optional(),
    /** Part of the pairs set aside for validation; with 0, the epoch of the lowest training loss is the best. */
    validation: fraction.default(0.2),
    /** Empty prompts added to the pairs to train on, as a fraction of them: guidance needs the student's answer. */
    emptyPrompts: fraction.default(0.02),
    /** Parts of the Korean texts that are changed while training, anew in each epoch: see augment/registry.ts. */
    augment: z
      .strictObject({
        ...augmentRates,
        /** Where `words` finds other words; the package's lexicon when left out. */
        lexicon: z.string().optional(),
      })
      .prefault({}),
  }),
  training: z
    .strictObject({
      epochs: count.default(5),
      /** Pairs a step; each is an English and a Korean text. */
      batchSize: count.default(32),
      /** `hf`: transformers' AdamW with correct_bias=False, the original's; `torch`: torch.optim.AdamW. */
      optimizer: z.enum(['hf', 'torch']).default('hf'),
      learningRate: positive.default(5e-5),
      weightDecay: z.number().min(0).default(1e-4),
      /** Which parameters do not decay: see decay.ts. */
      decayRule: z.enum(['original', 'no_layernorm']).default('original'),
      /** Part of all steps in which the learning rate rises. */
      warmup: fraction.default(0.1),
      /** Gradients of a larger L2 norm are scaled down to it; not clipped when left out. */
      clipNorm: positive.optional(),
      /** Compute one pad row for all (exact, faster) where the student allows it. */
      foldPads: z.boolean().default(true),
      /** Compute a step in this many parts, one after the other: the same step in less memory. */
      accumulate: count.default(1),
      /** Compute each layer again in the backward pass: a third more work, much less memory. */
      checkpointing: z.boolean().default(false),
      /** What matrix products are computed in; parameters, sums, norms and losses stay float32. */
      precision: z.enum(precisions).default('f32'),
      /** Steps between checkpoints within an epoch. */
      checkpointEvery: count.default(500),
    })
    .refine(({ accumulate, batchSize }) => accumulate <= batchSize, {
      path: ['accumulate'],
      message: 'a step cannot have more parts than pairs (batchSize)',
    })
    .prefault({}),
  /** What is taught; the losses that are reported are plain mean squared errors in any case. See loss.ts. */
  loss: z
    .strictObject({
      /** Weights of the English and of the Korean half. */
      english: z.number().min(0).default(1),
      korean: z.number().min(0).default(1),
      /** `variance`: positions by the inverse of what the teacher's rows vary there; `reading`: by what the U-Net reads there. */
      positions: z.enum(['equal', 'variance', 'reading']).default('equal'),
      /** Weight of 1 - cosine of each row. */
      cosine: z.number().min(0).default(0),
      /** Weight of InfoNCE over the batch, from Korean texts to the teacher's sentences. */
      contrastive: z.number().min(0).default(0),
      /** What InfoNCE's similarities are divided by. */
      temperature: positive.default(0.07),
    })
    .prefault({}),
  /** Prompts drawn after each epoch. */
  samples: z.array(z.strictObject({ ko: z.string(), en: z.string() })).default([]),
  /** How the samples are drawn. */
  drawing: z
    .strictObject({
      steps: count.default(25),
      guidance: z.number().default(7.5),
      seed: z.int().nonnegative().default(0),
    })
    .prefault({}),
});

export type Experiment = z.infer<typeof schema>;

/**
 * The experiment in a YAML file, defaults filled in and paths made absolute.
 * Throws CheckpointError if it cannot be read, ConfigError naming file and field.
 */
export async function readExperiment(path: string): Promise<Experiment> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new CheckpointError(
      `The experiment ${path} cannot be read: ${cause.message}.`,
      'Give the path of a YAML file such as experiments/emoji-roberta.yaml.',
      {
        cause,
      },
    );
  });
  return parseExperiment(text, path);
}

/** The same from the file's text; `path` is what its paths are relative to. */
export function parseExperiment(text: string, path: string): Experiment {
  const experiment = validate(parseText(text, path), path);
  const here = dirname(resolve(path));
  const absolute = (file: string) => resolve(here, file);
  const { student, corpus } = experiment;
  const { lexicon } = corpus.augment;
  const named = student.start === 'teacher' || student.start === 'random';
  return {
    ...experiment,
    teacher: absolute(experiment.teacher),
    student: {
      ...student,
      start: named ? student.start : absolute(student.start),
      ...(student.tokenizer === undefined ? {} : { tokenizer: absolute(student.tokenizer) }),
    },
    corpus: {
      ...corpus,
      pairs: absolute(corpus.pairs),
      augment: { ...corpus.augment, ...(lexicon === undefined ? {} : { lexicon: absolute(lexicon) }) },
    },
  };
}

/** The experiment as YAML, to be kept with its run. */
export function formatExperiment(experiment: Experiment): string {
  return stringify(experiment);
}

/**
 * The fields in which `here` is not as `there`, in words: `training.epochs is 5 there, 6 here`. Lists are compared
 * whole.
 */
export function differences(there: Experiment, here: Experiment): string[] {
  const [before, after] = [fieldsOf(there), fieldsOf(here)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((field) => before.get(field) !== after.get(field))
    .map(
      (field) => `${field} is ${before.get(field) ?? 'missing'} there, ${after.get(field) ?? 'missing'} here`,
    );
}

/** Every field that is no object, under its path, as JSON. */
function fieldsOf(value: object, path = ''): Map<string, string> {
  const fields = Object.entries(value).flatMap(([name, field]): [string, string][] => {
    if (field === undefined) return [];
    const nested = typeof field === 'object' && field !== null && !Array.isArray(field);
    return nested ? [...fieldsOf(field, `${path}${name}.`)] : [[path + name, JSON.stringify(field)]];
  });
  return new Map(fields);
}

function parseText(text: string, path: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    throw new ConfigError(`${path} is no YAML: ${(cause as Error).message}`, 'Correct the file.', { cause });
  }
}

function validate(json: unknown, path: string): Experiment {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`,
  );
  throw new ConfigError(
    `${path} does not fit: ${problems.join('; ')}.`,
    'See docs/experiments.md for the fields.',
    {
      cause: result.error,
    },
  );
}
