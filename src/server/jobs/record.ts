/**
 * A job as it is kept, and the changes that it may go through:
 *
 *     queued -> running -> done | failed | cancelled
 *     queued -> cancelled | failed
 *     running -> queued      once, when the one that ran it died
 *
 * Pure: a change gives a new record. Knows no disk and no queue.
 */
import type { JobRequest } from '../contract/drawing.ts';
import type { Job, JobFailure, JobResult, JobState } from '../contract/job.ts';
import { ConflictError } from '../errors.ts';
import { hasPictures, withoutPictures } from './sentPictures.ts';

/** What is kept of a job. Position, progress and estimates are told only while it is there to be asked. */
export interface JobRecord extends Omit<Job, 'position' | 'etaSeconds' | 'progress'> {
  /** How often it was begun. */
  readonly attempts: number;
  /** Pictures came with the request. */
  readonly hasPictures?: boolean | undefined;
}

/** How a job ended. */
export type Outcome =
  | { readonly state: 'done'; readonly result: JobResult }
  | { readonly state: 'failed'; readonly failure: JobFailure }
  | { readonly state: 'cancelled' };

/** A job that died under its runner is begun so often in all. */
export const mostAttempts = 2;

const next: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ['running', 'cancelled', 'failed'],
  running: ['done', 'failed', 'cancelled', 'queued'],
  done: [],
  failed: [],
  cancelled: [],
};

export function newRecord(id: string, request: JobRequest, now: Date): JobRecord {
  const base = { id, state: 'queued', request: withoutPictures(request), attempts: 0 } as const;
  return { ...base, createdAt: now.toISOString(), ...(hasPictures(request) ? { hasPictures: true } : {}) };
}

export function begun(record: JobRecord, now: Date): JobRecord {
  return { ...moved(record, 'running'), startedAt: now.toISOString(), attempts: record.attempts + 1 };
}

export function ended(record: JobRecord, outcome: Outcome, now: Date): JobRecord {
  return { ...moved(record, outcome.state), ...outcome, endedAt: now.toISOString() };
}

/** Waits again. `counted`: whether the attempt that ended counts; one that was called off does not. */
export function again(record: JobRecord, counted: boolean): JobRecord {
  const { startedAt: _, ...rest } = moved(record, 'queued');
  return { ...rest, attempts: counted ? record.attempts : record.attempts - 1 };
}

export function hasEnded({ state }: Pick<Job, 'state'>): boolean {
  return next[state].length === 0;
}

/** What is told of a job whose runner died more often than it is begun. */
export const interrupted: JobFailure = {
  code: 'INTERRUPTED',
  problem: `What ran this job died ${mostAttempts} times.`,
  remedy: 'Ask for it again, smaller if memory may have been short; the log of the server says more.',
};

function moved(record: JobRecord, state: JobState): JobRecord {
  if (next[record.state].includes(state)) return { ...record, state };
  throw new ConflictError(
    `The job ${record.id} is ${record.state} and cannot be ${state}.`,
    'Ask for a new job.',
  );
}
