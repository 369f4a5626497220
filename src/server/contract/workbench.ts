/**
 * Runs, corpora and results: what researchers look at. Names are those of folders that the server was started with;
 * nothing of a request is ever used as a path.
 *
 *   GET  /api/runs                    -> { runs: RunSummary[] }, the newest first
 *   GET  /api/runs/{name}             -> Run
 *   GET  /api/runs/{name}/events      server-sent events, see RunEvent; the first one is `run` with everything so far, and so
 *                                     is one where a run that goes on took steps back: it replaces what came before
 *   GET  /api/runs/{name}/samples/{epoch}.png
 *   GET  /api/experiments             -> { experiments: { name, text }[] }: files to start from (YAML)
 *   POST /api/experiments/check       { text } -> Estimate, or 422 with the field that is wrong
 *   POST /api/runs                    { text } (YAML) -> 202 RunSummary; 409 if a run of this name goes on already
 *   POST /api/runs/{name}/stop        after the step, with a checkpoint -> 202 RunSummary
 *   POST /api/runs/{name}/resume      -> 202 RunSummary
 *   (check, POST, stop, resume: 403 where the server trains nothing)
 *   GET  /api/corpora                 -> { corpora: CorpusSummary[] }
 *   GET  /api/corpora/{name}          -> Corpus
 *   GET  /api/corpora/{name}/pairs?query=&offset=0&limit=50   -> { pairs: CorpusPair[], more: boolean }
 *   GET  /api/results                 -> { results: { name, createdAt }[] }
 *   GET  /api/results/{name}          -> Result
 *   GET  /api/results/{name}/{file}   its figures (.png, .svg) and its report (.html)
 */
import { z } from 'zod';

/** Text for readers of either language. */
const words = z.object({ ko: z.string(), en: z.string() });

export const runState = z.enum(['waiting', 'running', 'stopping', 'stopped', 'finished', 'failed']);

export const runSummary = z.object({
  name: z.string(),
  state: runState,
  student: z.string(),
  /** Epochs that are done, of so many. */
  epoch: z.int(),
  epochs: z.int(),
  step: z.int(),
  totalSteps: z.int().optional(),
  etaSeconds: z.number().optional(),
  changedAt: z.iso.datetime(),
  failure: z.object({ code: z.string(), problem: z.string(), remedy: z.string() }).optional(),
});

export const stepPoint = z.object({
  step: z.int(),
  lossEn: z.number().nullable(),
  lossKo: z.number().nullable(),
  learningRate: z.number(),
  pairsPerSecond: z.number(),
});

const losses = z.object({ lossEn: z.number().nullable(), lossKo: z.number().nullable() });

export const epochPoint = z.object({ epoch: z.int(), step: z.int(), train: losses, validation: losses });

export const run = runSummary.extend({
  /** The experiment as YAML. */
  text: z.string(),
  /** Thinned to 1,000 at most. */
  steps: z.array(stepPoint),
  epochsDone: z.array(epochPoint),
  /** Epochs that have a sample grid. */
  samples: z.array(z.int()),
});

export const estimate = z.object({
  steps: z.int(),
  seconds: z.number(),
  /** Bytes. */
  memory: z.number(),
  disk: z.number(),
  flopsPerStep: z.number(),
  trainPairs: z.int(),
  validationPairs: z.int(),
});

export const corpusSummary = z.object({ name: z.string(), pairs: z.int(), createdAt: z.iso.datetime() });

const histogram = z.object({
  title: words,
  /** Lower bounds of the bars, and one more. */
  edges: z.array(z.number()),
  counts: z.array(z.int()),
});

export const corpus = corpusSummary.extend({
  read: z.int(),
  kept: z.int(),
  /** Rows that were left out, by reason, the most frequent first. */
  dropped: z.array(z.object({ reason: z.string(), title: words, count: z.int() })),
  sources: z.array(z.object({ name: z.string(), kept: z.int(), dropped: z.int() })),
  histograms: z.array(histogram),
});

export const corpusPair = z.object({
  ko: z.string(),
  en: z.string(),
  source: z.string(),
  domain: z.string().optional(),
});

/** A table of `ksd eval`: cells are texts as they are shown. */
const table = z.object({
  title: words,
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string())),
});

export const result = z.object({
  name: z.string(),
  createdAt: z.iso.datetime(),
  tables: z.array(table),
  /** What readers call the systems and sets that stand in the tables. */
  names: z.record(z.string(), words),
  /** Names for `GET /api/results/{name}/{file}`. */
  figures: z.array(z.string()),
  report: z.string().optional(),
});

export type RunState = z.infer<typeof runState>;
export type RunSummary = z.infer<typeof runSummary>;
export type StepPoint = z.infer<typeof stepPoint>;
export type EpochPoint = z.infer<typeof epochPoint>;
export type Run = z.infer<typeof run>;
export type Estimate = z.infer<typeof estimate>;
export type CorpusSummary = z.infer<typeof corpusSummary>;
export type Corpus = z.infer<typeof corpus>;
export type CorpusPair = z.infer<typeof corpusPair>;
export type Result = z.infer<typeof result>;

/** As JobEvent: `event:` is the kind, `data:` the JSON of the rest. */
export type RunEvent =
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'summary'; readonly summary: RunSummary }
  | { readonly kind: 'step'; readonly step: StepPoint }
  | { readonly kind: 'epoch'; readonly epoch: EpochPoint }
  | { readonly kind: 'sample'; readonly epoch: number };
