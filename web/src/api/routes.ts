/**
 * Every route of the API that the page uses, typed by the server's contract.
 */
import type { JobRequestInput } from '../../../src/server/contract/drawing.ts';
import type { Picture, PictureParameters } from '../../../src/server/contract/gallery.ts';
import type { Job, JobState } from '../../../src/server/contract/job.ts';
import type { System } from '../../../src/server/contract/system.ts';
import type {
  Corpus,
  CorpusPair,
  CorpusSummary,
  Estimate,
  Result,
  Run,
  RunSummary,
} from '../../../src/server/contract/workbench.ts';
import { ask } from './http.ts';

const name = encodeURIComponent;

export const system = (signal?: AbortSignal) => ask<System>('api/system', { signal });

export const startJob = (request: JobRequestInput) => ask<Job>('api/jobs', { method: 'POST', json: request });
export const job = (id: string, signal?: AbortSignal) => ask<Job>(`api/jobs/${name(id)}`, { signal });
export const cancelJob = (id: string) => ask<Job>(`api/jobs/${name(id)}`, { method: 'DELETE' });
export const jobs = (states: readonly JobState[], limit = 50) =>
  ask<{ jobs: Job[] }>('api/jobs', { query: { state: states.join(','), limit } });
export const jobEvents = (id: string) => `api/jobs/${name(id)}/events`;
export const jobPreview = (id: string, column: number, step: number) =>
  `api/jobs/${name(id)}/previews/${column}/${step}.png`;

export const pictures = (query: { query?: string; before?: string; limit?: number }, signal?: AbortSignal) =>
  ask<{ pictures: Picture[]; total: number }>('api/pictures', { query, signal });
export const deletePicture = (id: string) => ask<void>(`api/pictures/${name(id)}`, { method: 'DELETE' });
export const readPicture = (png: Blob) =>
  ask<PictureParameters>('api/pictures/read', {
    method: 'POST',
    body: new Blob([png], { type: 'image/png' }),
  });
/** Where a picture's file is, from the page. */
export const pictureFile = (picture: Picture) => picture.url.replace(/^\//, '');

export const runs = (signal?: AbortSignal) => ask<{ runs: RunSummary[] }>('api/runs', { signal });
export const run = (id: string, signal?: AbortSignal) => ask<Run>(`api/runs/${name(id)}`, { signal });
export const runEvents = (id: string) => `api/runs/${name(id)}/events`;
export const runSample = (id: string, epoch: number) => `api/runs/${name(id)}/samples/${epoch}.png`;
export const experiments = (signal?: AbortSignal) =>
  ask<{ experiments: { name: string; text: string }[] }>('api/experiments', { signal });
export const checkExperiment = (text: string) =>
  ask<Estimate>('api/experiments/check', { method: 'POST', json: { text } });
export const startRun = (text: string) => ask<RunSummary>('api/runs', { method: 'POST', json: { text } });
export const stopRun = (id: string) => ask<RunSummary>(`api/runs/${name(id)}/stop`, { method: 'POST' });
export const resumeRun = (id: string) => ask<RunSummary>(`api/runs/${name(id)}/resume`, { method: 'POST' });

export const corpora = (signal?: AbortSignal) => ask<{ corpora: CorpusSummary[] }>('api/corpora', { signal });
export const corpus = (id: string, signal?: AbortSignal) =>
  ask<Corpus>(`api/corpora/${name(id)}`, { signal });
export const corpusPairs = (
  id: string,
  query: { query: string; offset: number; limit: number },
  signal?: AbortSignal,
) => ask<{ pairs: CorpusPair[]; more: boolean }>(`api/corpora/${name(id)}/pairs`, { query, signal });

export const results = (signal?: AbortSignal) =>
  ask<{ results: { name: string; createdAt: string }[] }>('api/results', { signal });
export const result = (id: string, signal?: AbortSignal) =>
  ask<Result>(`api/results/${name(id)}`, { signal });
export const resultFile = (id: string, file: string) => `api/results/${name(id)}/${name(file)}`;
