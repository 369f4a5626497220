/**
 * Jobs as they lie in Redis, read at one moment: what BullMQ keeps of each, and where each of them stands. Knows nobody who
 * asks or works.
 */
import type { Redis } from 'ioredis';
import type { JobRequest } from '../../contract/drawing.ts';
import type { Job, JobProgress, JobState } from '../../contract/job.ts';
import { interrupted, mostAttempts, type Outcome } from '../record.ts';
import { sweep } from './scripts.ts';

/** What BullMQ keeps as a job's data. */
export interface JobData {
  /** Without the pictures that were sent. */
  readonly request: JobRequest;
  /** They are kept apart, until the job ends. */
  readonly hasPictures?: boolean;
}

/** What BullMQ keeps as a job's return value: all that have ended are completed, to it. */
export type Ending = Outcome & { readonly startedAt?: string };

export interface StoredJob extends Omit<Job, 'etaSeconds'> {
  /** Grows with each change of state, never with a change of position. */
  readonly version: number;
}

export interface Look {
  readonly jobs: readonly StoredJob[];
  /** Ids, the next one first. */
  readonly waiting: readonly string[];
  readonly running: readonly string[];
  /** Processes that draw. */
  readonly workers: number;
  /** Jobs that this look found to be at their end. */
  readonly ended: readonly string[];
}

export interface Keys {
  /** Of BullMQ. */
  readonly wait: string;
  readonly active: string;
  readonly completed: string;
  job(id: string): string;
  /** Of ours: ids of all jobs, which sort by time. */
  readonly ids: string;
  readonly reserved: string;
  readonly cancelling: string;
  /** Who draws, by the time until which that is believed. */
  readonly workers: string;
  /** Id of where pictures are kept. */
  readonly store: string;
  pictures(id: string): string;
}

export function keysOf(toKey: (name: string) => string): Keys {
  return {
    wait: toKey('wait'),
    active: toKey('active'),
    completed: toKey('completed'),
    job: toKey,
    ids: toKey('ids'),
    reserved: toKey('reserved'),
    cancelling: toKey('cancelling'),
    workers: toKey('workers'),
    store: toKey('store'),
    pictures: (id) => toKey(`pictures:${id}`),
  };
}

/** Those of `ids` that are there, in this order, and where all others stand. */
export async function look(redis: Redis, keys: Keys, ids: readonly string[]): Promise<Look> {
  const now = Date.now();
  const asked = redis
    .multi()
    .eval(
      ...([sweep, 3, keys.wait, keys.completed, keys.cancelling, keys.job(''), keys.pictures('')] as const),
      ...([now, mostAttempts, ending({ state: 'cancelled' }), ending(gaveUp)] as const),
    )
    .lrange(keys.wait, 0, -1)
    .lrange(keys.active, 0, -1)
    .zcount(keys.workers, now, '+inf');
  for (const id of ids) asked.hgetall(keys.job(id));
  const answers = (await asked.exec()) ?? [];
  const [ended, waiting, running, workers, ...hashes] = answers.map(([error, answer]) => {
    if (error) throw error;
    return answer;
  }) as [string[], string[], string[], number, ...Record<string, string>[]];
  waiting.reverse();
  const jobs = ids.flatMap((id, i) => storedJob(id, hashes[i] ?? {}, waiting.indexOf(id)) ?? []);
  return { jobs, waiting, running, workers, ended };
}

export function ending(outcome: Ending): string {
  return JSON.stringify(outcome);
}

export const gaveUp: Outcome = { state: 'failed', failure: interrupted };

/** Only jobs before this id; how many. */
export async function newestIds(
  redis: Redis,
  keys: Keys,
  before: string | undefined,
  count: number,
): Promise<string[]> {
  const from = before === undefined ? '+' : `(${before}`;
  return redis.zrevrangebylex(keys.ids, from, '-', 'LIMIT', 0, count);
}

function storedJob(id: string, hash: Record<string, string>, position: number): StoredJob | undefined {
  const { data, timestamp, processedOn, finishedOn, returnvalue, ats = '0' } = hash;
  // A place that was kept for a job which never came, or one that was forgotten meanwhile.
  if (data === undefined) return undefined;
  const base = {
    id,
    request: (JSON.parse(data) as JobData).request,
    createdAt: timeOf(timestamp),
    version: 2 * Number(ats),
  };
  if (finishedOn !== undefined) {
    const { startedAt, ...outcome }: Ending =
      returnvalue === undefined ? gaveUp : (JSON.parse(returnvalue) as Ending);
    const times = { ...(startedAt === undefined ? {} : { startedAt }), endedAt: timeOf(finishedOn) };
    return { ...base, ...outcome, ...times, version: Number.MAX_SAFE_INTEGER };
  }
  if (position >= 0) return { ...base, state: 'queued', position };
  const progress = progressOf(hash['progress']);
  const state: JobState = 'running';
  return {
    ...{ ...base, state, startedAt: timeOf(processedOn), version: base.version + 1 },
    ...(progress ? { progress } : {}),
  };
}

/** BullMQ writes 0 before there is one. */
function progressOf(text: string | undefined): JobProgress | undefined {
  const read: unknown = text === undefined ? undefined : JSON.parse(text);
  return typeof read === 'object' && read !== null ? (read as JobProgress) : undefined;
}

function timeOf(milliseconds: string | undefined): string {
  return new Date(Number(milliseconds ?? 0)).toISOString();
}
