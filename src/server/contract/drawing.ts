/**
 * What can be asked for: a job of one of three kinds. Limits that a server sets (pixels, steps, pictures) are checked
 * where a job is accepted; these schemas refuse what no server takes.
 */
import { z } from 'zod';

/** A PNG as base64, with or without `data:image/png;base64,`. */
const png = z.string().max(32 * 2 ** 20);

const drawing = {
  /** Name of a model in `GET /api/system`; the server's first one by default. */
  model: z.string().max(200).optional(),
  negativePrompt: z.string().max(10_000).default(''),
  /** Of the first picture, the others take the next ones; drawn at random by default. */
  seed: z.int().min(0).optional(),
  /** Steps, guidance and scheduler: the model's own by default, see `GET /api/system`. */
  steps: z.int().min(1).max(1000).optional(),
  guidance: z.number().min(0).max(100).optional(),
  scheduler: z.string().max(100).optional(),
  width: z.int().min(8).max(4096).optional(),
  height: z.int().min(8).max(4096).optional(),
};

export const generateRequest = z.strictObject({
  kind: z.literal('generate'),
  prompt: z.string().max(10_000),
  ...drawing,
  /** Name of a student in `GET /api/system`, or `none` for the model's own text encoder; the first student by default. */
  student: z.string().max(200).optional(),
  count: z.int().min(1).max(64).default(1),
  eta: z.number().min(0).max(1).optional(),
  clipSkip: z.int().min(1).max(12).optional(),
  initImage: png.optional(),
  mask: png.optional(),
  strength: z.number().gt(0).max(1).optional(),
  /** Steps between two previews in the events; 0 for none. */
  previewEvery: z.int().min(0).max(1000).default(1),
});

export const compareRequest = z.strictObject({
  kind: z.literal('compare'),
  ko: z.string().min(1).max(10_000),
  en: z.string().max(10_000).optional(),
  ...drawing,
  /** Students to show beside the original with `en` and the original with `ko`; all by default. */
  students: z.array(z.string().max(200)).max(8).optional(),
});

export const diagnoseRequest = z.strictObject({
  kind: z.literal('diagnose'),
  prompt: z.string().min(1).max(10_000),
  /** English of the same meaning, which the states are measured against. */
  reference: z.string().max(10_000).optional(),
  ...drawing,
  student: z.string().max(200).optional(),
});

export const jobRequest = z.discriminatedUnion('kind', [generateRequest, compareRequest, diagnoseRequest]);

export type GenerateRequest = z.infer<typeof generateRequest>;
export type CompareRequest = z.infer<typeof compareRequest>;
export type DiagnoseRequest = z.infer<typeof diagnoseRequest>;
export type JobRequest = z.infer<typeof jobRequest>;
/** As a client may write it, without the fields that have defaults. */
export type JobRequestInput = z.input<typeof jobRequest>;
