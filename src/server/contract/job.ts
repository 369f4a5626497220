/**
 * Jobs as clients see them, and what they hear of one while it runs.
 *
 *   POST   /api/jobs              JobRequest -> 202 Job; 422 names the field, 429 with Retry-After if the queue is full
 *   GET    /api/jobs?state=queued,running&before=<id>&limit=50   newest first -> { jobs: Job[] }
 *   GET    /api/jobs/{id}         -> Job
 *   GET    /api/jobs/{id}/events  server-sent events, see JobEvent; the first one is the job as it stands
 *   DELETE /api/jobs/{id}         cancels -> 202 Job; a job that has ended stays as it is
 *   GET    /api/jobs/{id}/report.html   of a diagnosis: a page of its own
 *   GET    /api/jobs/{id}/previews/{column}/{step}.png   of a comparison: what the picture would be after this step
 */
import { z } from 'zod';
import { jobRequest } from './drawing.ts';
import { picture } from './gallery.ts';

/**
 * queued -> running -> done | failed | cancelled; queued -> cancelled | failed. Once, running -> queued: when what ran it died.
 */
export const jobState = z.enum(['queued', 'running', 'done', 'failed', 'cancelled']);

export const failure = z.object({
  /** Stable, for programs: INPUT, CHECKPOINT, ..., INTERRUPTED (the server or the worker died), INTERNAL. */
  code: z.string(),
  /** What is wrong. */
  problem: z.string(),
  /** What to do about it. */
  remedy: z.string(),
});

export const progress = z.object({
  stage: z.enum(['opening', 'drawing', 'decoding', 'pairs', 'conditioning']),
  /** Model calls that are done, of so many in all. */
  done: z.int(),
  total: z.int(),
});

const comparedColumn = z.object({
  /** `original` or a student's name. */
  encoder: z.string(),
  language: z.enum(['ko', 'en']),
  prompt: z.string(),
  picture,
  /** Steps that have a preview. */
  previews: z.array(z.int()),
});

/** One heat map a word: where in the picture it is read. Coarser than the picture: to be stretched over it. */
const word = z.object({
  text: z.string(),
  /** Part of the attention that the word gets, 0 to 1. */
  share: z.number(),
  /** [height * width] in 0 to 255, row by row, base64. */
  heat: z.string(),
});

/** Parts of the reference's condition that reach the U-Net: 1 is all, below 0 it leads elsewhere. */
const recovered = z.object({
  /** Of the whole run. */
  all: z.number(),
  /** Means of the first third of the steps, which decide the composition, of the second, and of the last, the detail. */
  early: z.number(),
  middle: z.number(),
  late: z.number(),
});

const diagnosed = z.object({
  picture,
  words: z.array(word),
  width: z.int(),
  height: z.int(),
  /** Only with a reference. */
  recovered: recovered.optional(),
  /** Where the page of `ksd diagnose` is, from the server's root. */
  report: z.string(),
});

export const jobResult = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('generate'), pictures: z.array(picture), warnings: z.array(z.string()) }),
  z.object({ kind: z.literal('compare'), columns: z.array(comparedColumn) }),
  z.object({ kind: z.literal('diagnose'), ...diagnosed.shape }),
]);

/** ISO 8601, UTC. */
const time = z.iso.datetime();

export const job = z.object({
  /** Sorts by time. */
  id: z.string(),
  state: jobState,
  /** With the defaults filled in; pictures that were sent are left out. */
  request: jobRequest,
  createdAt: time,
  startedAt: time.optional(),
  endedAt: time.optional(),
  /** Jobs before it; only while queued. */
  position: z.int().optional(),
  /** Until it ends, from how long the last jobs took; absent before there is one. */
  etaSeconds: z.number().optional(),
  progress: progress.optional(),
  result: jobResult.optional(),
  failure: failure.optional(),
});

export type JobState = z.infer<typeof jobState>;
export type JobFailure = z.infer<typeof failure>;
export type JobProgress = z.infer<typeof progress>;
export type JobResult = z.infer<typeof jobResult>;
export type Job = z.infer<typeof job>;

/**
 * `event:` is the kind, `data:` is the JSON of the rest. `job` comes first, and whenever state or position change; after
 * a job that has ended nothing follows. A client that lost the connection opens it again.
 */
export type JobEvent =
  | { readonly kind: 'job'; readonly job: Job }
  | {
      readonly kind: 'step';
      readonly progress: JobProgress;
      readonly etaSeconds?: number;
      /** In a comparison: which of its columns. */
      readonly column?: number;
      /** One a picture, `data:image/png;base64,...`. */
      readonly previews?: readonly string[];
    };
