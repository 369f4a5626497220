/**
 * The queue that needs no other program: in this process, with its jobs on the disk, so that a restart loses none. What was
 * queued goes on; what was running is run once more, and failed if that was its second time.
 */
import type { JobRequest } from '../contract/drawing.ts';
import type { Job, JobEvent, JobProgress } from '../contract/job.ts';
import { QueueFullError, StoppingError } from '../errors.ts';
import { newId } from '../ids.ts';
import { createPace, remaining } from './eta.ts';
import { openJournal } from './journal.ts';
import { createListeners } from './listeners.ts';
import type { JobFilter, JobQueue, TakenJob } from './queue.ts';
import {
  again,
  begun,
  ended,
  hasEnded,
  interrupted,
  type JobRecord,
  mostAttempts,
  newRecord,
  type Outcome,
} from './record.ts';

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

interface Kept {
  record: JobRecord;
  progress?: JobProgress;
  /** While it runs. */
  stop?: AbortController;
  /** Its file is written in order. */
  written: Promise<unknown>;
}

/** Seconds to wait if nothing is known of how long jobs take. */
const usualWait = 5;

export async function openLocalQueue({
  folder,
  limit = 32,
  history = 1000,
  onDamaged = () => {},
  onForgotten = () => {},
}: LocalQueueOptions): Promise<JobQueue> {
  const { journal, records } = await openJournal(folder, onDamaged);
  const jobs = new Map<string, Kept>();
  const waiting: string[] = [];
  const takers = new Set<() => void>();
  const listeners = createListeners();
  const pace = createPace();
  let adding = 0;
  let closed = false;

  /** Changes a job, on the disk too; who listens hears of it. */
  async function change(kept: Kept, record: JobRecord): Promise<void> {
    kept.record = record;
    tell(kept);
    kept.written = kept.written.then(() => journal.write(record));
    await kept.written;
    if (hasEnded(record)) await journal.removePictures(record.id);
  }

  function tell(kept: Kept): void {
    const { id } = kept.record;
    if (!listeners.has(id)) return;
    listeners.tell(id, { kind: 'job', job: shown(kept) });
    if (hasEnded(kept.record)) listeners.end(id);
  }

  /** Those behind a job that left the queue have moved. */
  function tellWaiting(): void {
    for (const id of listeners.ids()) {
      const kept = jobs.get(id);
      if (kept?.record.state === 'queued') tell(kept);
    }
  }

  function shown({ record, progress }: Kept): Job {
    const { attempts: _, hasPictures: __, ...job } = record;
    const at = waiting.indexOf(record.id);
    const eta = secondsLeft(record, progress, at);
    return {
      ...job,
      ...(job.state === 'queued' ? { position: Math.max(0, at) } : {}),
      ...(eta === undefined ? {} : { etaSeconds: eta }),
      ...(job.state === 'running' && progress ? { progress } : {}),
    };
  }

  function secondsLeft(record: JobRecord, progress: JobProgress | undefined, at: number): number | undefined {
    const usual = pace.usual(record.request.kind);
    if (record.state === 'running') {
      const counted = record.request.kind === 'diagnose' ? undefined : progress;
      return remaining(elapsed(record), counted, usual);
    }
    if (record.state !== 'queued' || usual === undefined) return undefined;
    const before = waiting
      .slice(0, at)
      .map((id) => pace.usual((jobs.get(id) as Kept).record.request.kind) ?? usual);
    const running = [...jobs.values()].filter(({ record: other }) => other.state === 'running');
    const rest = running.map((other) => secondsLeft(other.record, other.progress, -1) ?? usual);
    return [...before, ...rest].reduce((sum, seconds) => sum + seconds, usual);
  }

  function end(kept: Kept, outcome: Outcome): Promise<void> {
    const { record } = kept;
    delete kept.stop;
    if (outcome.state === 'done') pace.learn(record.request.kind, elapsed(record));
    const written = change(kept, ended(record, outcome, new Date()));
    return written.then(forgetOldest);
  }

  async function forgetOldest(): Promise<void> {
    const old = [...jobs.values()].filter(({ record }) => hasEnded(record)).slice(0, -history);
    for (const { record } of old) {
      jobs.delete(record.id);
      await journal.remove(record.id);
      onForgotten(record.id);
    }
  }

  /** It waits before all others. */
  function putBack(kept: Kept, counted: boolean): Promise<void> {
    delete kept.stop;
    delete kept.progress;
    if (counted && kept.record.attempts >= mostAttempts) {
      return end(kept, { state: 'failed', failure: interrupted });
    }
    waiting.unshift(kept.record.id);
    const written = change(kept, again(kept.record, counted));
    tellWaiting();
    wake();
    return written;
  }

  function wake(): void {
    for (const taker of takers) taker();
  }

  function begin(kept: Kept): void {
    kept.stop = new AbortController();
    // The file may follow: if all dies before it is written, the job was as good as never begun.
    change(kept, begun(kept.record, new Date())).catch(() => {});
    tellWaiting();
  }

  /** Undefined if its pictures are gone: it has failed then. */
  async function takenJob(kept: Kept): Promise<TakenJob | undefined> {
    const { id } = kept.record;
    const { signal } = kept.stop as AbortController;
    const request = await journal.complete(kept.record).catch((error) => error as Error);
    if (request instanceof Error) {
      const problem = `The pictures of this job cannot be read: ${request.message}`;
      await end(kept, { state: 'failed', failure: { ...interrupted, problem } });
      return undefined;
    }
    return {
      id,
      request,
      signal,
      report(step) {
        if (kept.record.state !== 'running') return;
        kept.progress = step.progress;
        if (!listeners.has(id)) return;
        const eta = secondsLeft(kept.record, kept.progress, -1);
        listeners.tell(id, { kind: 'step', ...step, ...(eta === undefined ? {} : { etaSeconds: eta }) });
      },
      done: (result) => end(kept, { state: 'done', result }),
      failed: (failure) => end(kept, { state: 'failed', failure }),
      cancelled: () => end(kept, { state: 'cancelled' }),
      // One that was cancelled meanwhile is not begun again.
      died: () => (signal.aborted ? end(kept, { state: 'cancelled' }) : putBack(kept, true)),
      release: () => (signal.aborted ? end(kept, { state: 'cancelled' }) : putBack(kept, false)),
    };
  }

  for (const record of records) {
    const kept: Kept = { record, written: Promise.resolve() };
    jobs.set(record.id, kept);
    if (record.state === 'queued') waiting.push(record.id);
  }
  for (const kept of [...jobs.values()].reverse()) {
    if (kept.record.state === 'running') await putBack(kept, true);
  }
  await forgetOldest();

  return {
    async add(request: JobRequest) {
      if (closed) throw new StoppingError();
      if (waiting.length + adding >= limit) {
        throw new QueueFullError(limit, Math.ceil(pace.usual(request.kind) ?? usualWait));
      }
      const record = newRecord(newId(), request, new Date());
      adding++;
      try {
        await journal.writePictures(record.id, request);
        await journal.write(record);
      } finally {
        adding--;
      }
      const kept: Kept = { record, written: Promise.resolve() };
      jobs.set(record.id, kept);
      waiting.push(record.id);
      wake();
      return shown(kept);
    },
    async get(id) {
      const kept = jobs.get(id);
      return kept && shown(kept);
    },
    async list({ states, before, limit: most = 50 }: JobFilter = {}) {
      return [...jobs.values()]
        .filter(({ record }) => states?.includes(record.state) ?? true)
        .filter(({ record }) => before === undefined || record.id < before)
        .sort((a, b) => (a.record.id < b.record.id ? 1 : -1))
        .slice(0, most)
        .map(shown);
    },
    async cancel(id) {
      const kept = jobs.get(id);
      if (!kept) return undefined;
      if (kept.record.state === 'queued') {
        waiting.splice(waiting.indexOf(id), 1);
        await end(kept, { state: 'cancelled' });
        tellWaiting();
      }
      kept.stop?.abort();
      return shown(kept);
    },
    async *events(id, signal) {
      const kept = jobs.get(id);
      if (!kept) return;
      const first: JobEvent = { kind: 'job', job: shown(kept) };
      const rest = hasEnded(kept.record) || closed ? undefined : listeners.hear(id, signal);
      try {
        yield first;
        if (rest) yield* rest;
      } finally {
        await rest?.return();
      }
    },
    async stats() {
      const running = [...jobs.values()].filter(({ record }) => record.state === 'running').length;
      return { queued: waiting.length, running, limit };
    },
    async take(signal) {
      while (!closed && !signal.aborted) {
        const id = waiting.shift();
        if (id === undefined) {
          await nextWake(takers, signal);
          continue;
        }
        const kept = jobs.get(id) as Kept;
        begin(kept);
        const taken = await takenJob(kept);
        if (taken) return taken;
      }
      return undefined;
    },
    async close() {
      closed = true;
      wake();
      listeners.end();
      await Promise.allSettled([...jobs.values()].map(({ written }) => written));
    },
  };
}

/** Resolves at the next `wake`, or with the signal. */
async function nextWake(takers: Set<() => void>, signal: AbortSignal): Promise<void> {
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

/** Seconds since it was begun. */
function elapsed({ startedAt }: JobRecord): number {
  return startedAt === undefined ? 0 : (Date.now() - Date.parse(startedAt)) / 1000;
}
