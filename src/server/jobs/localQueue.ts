/**
 * The queue that needs no other program: in this process, with its jobs on the disk, so that a restart loses none. What was
 * queued goes on; what was running is run once more, and failed if that was its second time.
 */
import type { JobRequest } from '../contract/drawing.ts';
import type { Job, JobEvent } from '../contract/job.ts';
import { QueueFullError, StoppingError } from '../errors.ts';
import { newId } from '../ids.ts';
import { createPace } from './eta.ts';
import { openJournal } from './journal.ts';
import { createListeners } from './listeners.ts';
import {
  begin,
  cancelQueued,
  end,
  forgetOldest,
  type Kept,
  putBack,
  type Store,
  secondsLeft,
  shown,
  wake,
} from './localStore.ts';
import type { JobFilter, JobQueue, TakenJob } from './queue.ts';
import { hasEnded, interrupted, type JobRecord, newRecord } from './record.ts';

export interface LocalQueueOptions {
  readonly folder: string;
  /** Jobs that may wait, 32 by default. */
  readonly limit?: number;
  /** Jobs that have ended and are remembered, 1,000 by default. */
  readonly history?: number;
  /** Hears of files that are no jobs. */
  readonly onDamaged?: (path: string) => void;
  /** Hears of jobs that are forgotten, so that what was kept for them can go, too. */
  readonly onForgotten?: (id: string) => void;
}

/** Throws CheckpointError if the folder cannot be read or written. */
export async function openLocalQueue({
  folder,
  limit = 32,
  history = 1000,
  onDamaged = () => {},
  onForgotten = () => {},
}: LocalQueueOptions): Promise<JobQueue> {
  const { journal, records } = await openJournal(folder, onDamaged);
  const base = { listeners: createListeners(), pace: createPace(), history, onForgotten };
  const store: Store = { ...base, journal, jobs: new Map(), waiting: [], takers: new Set() };
  await restore(store, records);
  let closed = false;
  return {
    add: limitedAdd(store, limit, () => closed),
    async get(id) {
      const kept = store.jobs.get(id);
      return kept && shown(store, kept);
    },
    list: async (filter) => listed(store, filter),
    async cancel(id) {
      const kept = store.jobs.get(id);
      if (kept?.record.state === 'queued') await cancelQueued(store, kept);
      kept?.stop?.abort();
      return kept && shown(store, kept);
    },
    events: (id, signal) => events(store, id, signal, closed),
    async stats() {
      const running = [...store.jobs.values()].filter(({ record }) => record.state === 'running');
      return { queued: store.waiting.length, running: running.length, limit };
    },
    async take(signal) {
      while (!closed && !signal.aborted) {
        const id = store.waiting.shift();
        const taken = id === undefined ? await nextWake(store, signal) : await take(store, id);
        if (taken) return taken;
      }
      return undefined;
    },
    async close() {
      closed = true;
      wake(store);
      store.listeners.end();
      await Promise.allSettled([...store.jobs.values()].map(({ written }) => written));
    },
  };
}

/** Puts what was on the disk in its place. */
async function restore(store: Store, records: readonly JobRecord[]): Promise<void> {
  for (const record of records) {
    store.jobs.set(record.id, { record, written: Promise.resolve() });
    if (record.state === 'queued') store.waiting.push(record.id);
  }
  // The last first: each goes before all others.
  for (const kept of [...store.jobs.values()].reverse()) {
    if (kept.record.state === 'running') await putBack(store, kept, true);
  }
  await forgetOldest(store);
}

/** Seconds to wait if nothing is known of how long jobs take. */
const usualWait = 5;

function limitedAdd(store: Store, limit: number, closed: () => boolean): JobQueue['add'] {
  /** Requests that are being written count, too. */
  let adding = 0;
  return async (request: JobRequest) => {
    if (closed()) throw new StoppingError();
    if (store.waiting.length + adding >= limit) {
      throw new QueueFullError(limit, Math.ceil(store.pace.usual(request.kind) ?? usualWait));
    }
    const record = newRecord(newId(), request, new Date());
    adding++;
    try {
      await store.journal.writePictures(record.id, request);
      await store.journal.write(record);
    } finally {
      adding--;
    }
    const kept: Kept = { record, written: Promise.resolve() };
    store.jobs.set(record.id, kept);
    store.waiting.push(record.id);
    wake(store);
    return shown(store, kept);
  };
}

function listed(store: Store, { states, before, limit = 50 }: JobFilter = {}): Job[] {
  return [...store.jobs.values()]
    .filter(({ record }) => states?.includes(record.state) ?? true)
    .filter(({ record }) => before === undefined || record.id < before)
    .sort((a, b) => (a.record.id < b.record.id ? 1 : -1))
    .slice(0, limit)
    .map((kept) => shown(store, kept));
}

async function* events(
  store: Store,
  id: string,
  signal: AbortSignal,
  closed: boolean,
): AsyncGenerator<JobEvent, void, void> {
  const kept = store.jobs.get(id);
  if (!kept) return;
  const first: JobEvent = { kind: 'job', job: shown(store, kept) };
  const rest = hasEnded(kept.record) || closed ? undefined : store.listeners.hear(id, signal);
  try {
    yield first;
    if (rest) yield* rest;
  } finally {
    await rest?.return();
  }
}

/** Undefined if the pictures of the job are gone: it has failed then. */
async function take(store: Store, id: string): Promise<TakenJob | undefined> {
  const kept = store.jobs.get(id) as Kept;
  begin(store, kept);
  const { signal } = kept.stop as AbortController;
  const request = await store.journal.complete(kept.record).catch((error: Error) => error);
  if (request instanceof Error) {
    const problem = `The pictures of this job cannot be read: ${request.message}`;
    await end(store, kept, { state: 'failed', failure: { ...interrupted, problem } }).catch(() => {});
    return undefined;
  }
  // One that was cancelled meanwhile is not begun again.
  const back = (counted: boolean) =>
    signal.aborted ? end(store, kept, { state: 'cancelled' }) : putBack(store, kept, counted);
  return {
    id,
    request,
    signal,
    report(step) {
      if (kept.record.state !== 'running') return;
      kept.progress = step.progress;
      if (!store.listeners.has(id)) return;
      const eta = secondsLeft(store, kept);
      store.listeners.tell(id, { kind: 'step', ...step, ...(eta === undefined ? {} : { etaSeconds: eta }) });
    },
    done: (result) => end(store, kept, { state: 'done', result }),
    failed: (failure) => end(store, kept, { state: 'failed', failure }),
    cancelled: () => end(store, kept, { state: 'cancelled' }),
    died: () => back(true),
    release: () => back(false),
  };
}

/** Returns at the next `wake`, or with the signal. */
async function nextWake({ takers }: Store, signal: AbortSignal): Promise<undefined> {
  await new Promise<void>((resolve) => {
    const done = () => {
      takers.delete(done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    takers.add(done);
    signal.addEventListener('abort', done);
  });
}
