/**
 * The jobs of a queue in this process, and every change that they go through: in memory, on the disk, and told to those who
 * listen. Who asks and who works is localQueue.ts's.
 */
import type { Job, JobProgress } from '../contract/job.ts';
import { type Pace, remaining } from './eta.ts';
import type { Journal } from './journal.ts';
import type { Listeners } from './listeners.ts';
import {
  again,
  begun,
  ended,
  hasEnded,
  interrupted,
  type JobRecord,
  mostAttempts,
  type Outcome,
} from './record.ts';

export interface Kept {
  record: JobRecord;
  progress?: JobProgress;
  /** While it runs. */
  stop?: AbortController;
  /** Its file is written in order. */
  written: Promise<unknown>;
}

export interface Store {
  readonly journal: Journal;
  readonly listeners: Listeners;
  readonly pace: Pace;
  /** By id, in the order in which they came. */
  readonly jobs: Map<string, Kept>;
  /** Ids of those that are queued, in the order in which they are taken. */
  readonly waiting: string[];
  /** Called when there may be one to take. */
  readonly takers: Set<() => void>;
  /** Jobs that have ended and are remembered. */
  readonly history: number;
  readonly onForgotten: (id: string) => void;
}

/** As clients see it. */
export function shown(store: Store, { record, progress }: Kept): Job {
  const { attempts: _, hasPictures: __, ...job } = record;
  const at = store.waiting.indexOf(record.id);
  const eta = secondsLeft(store, { record, progress });
  return {
    ...job,
    ...(job.state === 'queued' ? { position: Math.max(0, at) } : {}),
    ...(eta === undefined ? {} : { etaSeconds: eta }),
    ...(job.state === 'running' && progress ? { progress } : {}),
  };
}

/**
 * Until a job ends; undefined if nothing is known of how long such jobs take. What is before it is shared by all who draw: while a
 * job waits, each of them has one.
 */
export function secondsLeft(
  store: Store,
  { record, progress }: { record: JobRecord; progress?: JobProgress | undefined },
): number | undefined {
  const { jobs, waiting, pace } = store;
  const usual = pace.usual(record.request.kind);
  if (record.state === 'running') {
    return remaining(record.request.kind, elapsed(record), progress, usual);
  }
  if (record.state !== 'queued' || usual === undefined) return undefined;
  const before = waiting
    .slice(0, Math.max(0, waiting.indexOf(record.id)))
    .map((id) => pace.usual((jobs.get(id) as Kept).record.request.kind) ?? usual);
  const running = [...jobs.values()].filter((other) => other.record.state === 'running');
  const rest = running.map((other) => secondsLeft(store, other) ?? usual);
  const work = [...before, ...rest].reduce((sum, seconds) => sum + seconds, 0);
  return usual + work / Math.max(1, running.length);
}

export function begin(store: Store, kept: Kept): void {
  kept.stop = new AbortController();
  // The file may follow: if all dies before it is written, the job was as good as never begun.
  change(store, kept, begun(kept.record, new Date())).catch(() => {});
  tellWaiting(store);
}

export async function end(store: Store, kept: Kept, outcome: Outcome): Promise<void> {
  const { record } = kept;
  delete kept.stop;
  if (outcome.state === 'done') store.pace.learn(record.request.kind, elapsed(record));
  await change(store, kept, ended(record, outcome, new Date()));
  await forgetOldest(store);
}

/** It waits before all others, unless the attempts that count were too many. */
export async function putBack(store: Store, kept: Kept, counted: boolean): Promise<void> {
  delete kept.stop;
  delete kept.progress;
  if (counted && kept.record.attempts >= mostAttempts) {
    return end(store, kept, { state: 'failed', failure: interrupted });
  }
  store.waiting.unshift(kept.record.id);
  const written = change(store, kept, again(kept.record, counted));
  tellWaiting(store);
  wake(store);
  return written;
}

/** Takes it out of the queue. */
export async function cancelQueued(store: Store, kept: Kept): Promise<void> {
  store.waiting.splice(store.waiting.indexOf(kept.record.id), 1);
  const written = end(store, kept, { state: 'cancelled' });
  tellWaiting(store);
  return written;
}

export function wake({ takers }: Store): void {
  for (const taker of takers) taker();
}

/** Changes a job, on the disk too; who listens hears of it. */
async function change(store: Store, kept: Kept, record: JobRecord): Promise<void> {
  kept.record = record;
  tell(store, kept);
  // One that could not be written does not keep the next one from being.
  kept.written = kept.written.catch(() => {}).then(() => store.journal.write(record));
  await kept.written;
  if (hasEnded(record)) await store.journal.removePictures(record.id);
}

function tell(store: Store, kept: Kept): void {
  const { id } = kept.record;
  if (!store.listeners.has(id)) return;
  store.listeners.tell(id, { kind: 'job', job: shown(store, kept) });
  if (hasEnded(kept.record)) store.listeners.end(id);
}

/** Those behind a job that left the queue, or came back into it, have moved. */
function tellWaiting(store: Store): void {
  for (const id of store.listeners.ids()) {
    const kept = store.jobs.get(id);
    if (kept?.record.state === 'queued') tell(store, kept);
  }
}

export async function forgetOldest({ jobs, journal, history, onForgotten }: Store): Promise<void> {
  const old = [...jobs.values()].filter(({ record }) => hasEnded(record)).slice(0, -history);
  for (const { record } of old) {
    jobs.delete(record.id);
    await journal.remove(record.id);
    onForgotten(record.id);
  }
}

/** Seconds since it was begun. */
function elapsed({ startedAt }: JobRecord): number {
  return startedAt === undefined ? 0 : (Date.now() - Date.parse(startedAt)) / 1000;
}
