/**
 * The side of the queue in Redis that works: BullMQ's worker hands out jobs, one at a time to whoever asks, and gives those
 * whose holder fell silent to another one.
 */
import { randomUUID } from 'node:crypto';
import type { Worker } from 'bullmq';
import type { JobRequest } from '../../contract/drawing.ts';
import { remaining } from '../eta.ts';
import type { StepEvent, TakenJob } from '../queue.ts';
import { mostAttempts, type Outcome } from '../record.ts';
import { withPictures } from '../sentPictures.ts';
import { reaching } from './connection.ts';
import type { Desk } from './desk.ts';
import { type Held, hold, type LeasedJob } from './held.ts';
import { type Ending, gaveUp, type JobData } from './jobs.ts';
import { once } from './once.ts';

export interface Taking {
  /** As JobQueue's. */
  take(signal: AbortSignal): Promise<TakenJob | undefined>;
  /** A job may be there. */
  wake(): void;
  /** Somebody wants this job cancelled. */
  cancel(id: string): void;
  close(): Promise<void>;
}

/** Milliseconds after which the queue is asked although nobody said that a job is there. */
const patience = 1000;

type Step = Omit<StepEvent, 'kind' | 'etaSeconds'>;

export function createTaking(
  desk: Desk,
  worker: Worker<JobData, Ending>,
  lease: number,
  log: (text: string) => void,
): Taking {
  const { redis, keys, news, pace } = desk;
  const { commands } = redis;
  const name = randomUUID();
  const held = new Map<string, Held>();
  const takers = new Set<() => void>();
  const asking = new Set<Promise<unknown>>();
  /** Those who ask for a job here, or have one. */
  let hands = 0;
  let mostHands = 0;
  let closed = false;
  const handNames = (count: number) => Array.from({ length: count }, (_, i) => `${name}:${i}`);

  /** Says how many draw here, while they do. */
  async function beat(): Promise<void> {
    if (hands === 0) return;
    mostHands = Math.max(mostHands, hands);
    const now = Date.now();
    await commands
      .multi()
      .zadd(keys.workers, ...handNames(hands).flatMap((hand) => [now + lease, hand]))
      .zremrangebyscore(keys.workers, 0, now)
      .exec();
  }
  const heart = setInterval(() => beat().catch(() => {}), lease / 3);

  async function next(): Promise<Held | undefined> {
    const token = randomUUID();
    const job: LeasedJob | undefined = await reaching(() => worker.getNextJob(token, { block: false }));
    if (!job) return undefined;
    const id = job.id as string;
    const calledOff = Number(await commands.hget(keys.job(id), 'off'));
    const one = hold(job, calledOff, {
      token,
      duration: lease,
      isCancelled: async () => (await commands.sismember(keys.cancelling, id)) === 1,
      callOff: () => commands.hincrby(keys.job(id), 'off', 1),
      log,
    });
    held.set(id, one);
    return one;
  }

  /** Undefined if it is not to be run any more: it has ended then. */
  async function begin(one: Held): Promise<TakenJob | undefined> {
    const { id, job } = one;
    const [cancelled, pictures] = await reaching(() =>
      Promise.all([commands.sismember(keys.cancelling, id), commands.get(keys.pictures(id))]),
    );
    if (cancelled === 1) await end(one, { state: 'cancelled' });
    else if (one.attempts > mostAttempts) await end(one, gaveUp);
    else if (job.data.hasPictures && pictures === null) await end(one, picturesGone);
    else {
      await desk.changed(id);
      const { request } = job.data;
      return takenJob(one, pictures === null ? request : withPictures(request, pictures));
    }
    return undefined;
  }

  async function end(one: Held, outcome: Outcome): Promise<void> {
    held.delete(one.id);
    if (!(await one.end(outcome))) return;
    const seconds = outcome.state === 'done' ? (Date.now() - one.began.getTime()) / 1000 : undefined;
    // The job has ended, whatever becomes of this: the rest is found when somebody looks.
    await Promise.all([
      commands.multi().srem(keys.cancelling, one.id).del(keys.pictures(one.id)).exec(),
      desk.ended(one.id, seconds),
    ]).catch(() => {});
  }

  async function putBack(one: Held, counted: boolean): Promise<void> {
    if (one.stop.signal.aborted) return end(one, { state: 'cancelled' });
    if (counted && one.attempts >= mostAttempts) return end(one, gaveUp);
    held.delete(one.id);
    if (await one.putBack(counted)) await desk.changed(one.id).catch(() => {});
  }

  function takenJob(one: Held, request: JobRequest): TakenJob {
    const tellStep = latestOnly((step) => {
      const elapsed = (Date.now() - one.began.getTime()) / 1000;
      const eta = remaining(request.kind, elapsed, step.progress, pace.usual(request.kind));
      const told = { kind: 'step', ...step, ...(eta === undefined ? {} : { etaSeconds: eta }) } as const;
      return Promise.all([news.tell(one.id, told), one.job.updateProgress(step.progress).catch(() => {})]);
    });
    const leave = (given: Promise<void>) => given.finally(() => hands--);
    return {
      id: one.id,
      request,
      signal: one.stop.signal,
      report: (step) => {
        if (held.has(one.id)) tellStep(step);
      },
      done: (result) => leave(end(one, { state: 'done', result })),
      failed: (failure) => leave(end(one, { state: 'failed', failure })),
      cancelled: () => leave(end(one, { state: 'cancelled' })),
      died: () => leave(putBack(one, true)),
      release: () => leave(putBack(one, false)),
    };
  }

  async function attempt(signal: AbortSignal): Promise<TakenJob | undefined> {
    const one = await next();
    if (!one) return undefined;
    try {
      if (!closed && !signal.aborted) return await begin(one);
      await putBack(one, false);
      return undefined;
    } catch (error) {
      // Nobody has it: its lease must run out, so that somebody gets it.
      held.delete(one.id);
      one.drop();
      throw error;
    }
  }

  async function nextWake(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        takers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, patience);
      takers.add(done);
      signal.addEventListener('abort', done);
    });
  }

  return {
    async take(signal) {
      // Woken while it asks, it asks again.
      let news = true;
      const listening = () => (news = true);
      takers.add(listening);
      hands++;
      beat().catch(() => {});
      let taken: TakenJob | undefined;
      try {
        while (!closed && !signal.aborted) {
          news = false;
          const asked = attempt(signal);
          asking.add(asked);
          taken = await asked.catch(() => undefined).finally(() => asking.delete(asked));
          if (taken) return taken;
          if (!news && !closed && !signal.aborted) await nextWake(signal);
        }
        return undefined;
      } finally {
        takers.delete(listening);
        // Whoever has a job is a hand until it is given back.
        if (!taken) hands--;
      }
    },
    wake() {
      for (const taker of [...takers]) taker();
    },
    cancel: (id) => held.get(id)?.stop.abort(),
    async close() {
      closed = true;
      for (const taker of [...takers]) taker();
      await Promise.allSettled([...asking]);
      clearInterval(heart);
      for (const one of held.values()) one.drop();
      if (mostHands > 0) await commands.zrem(keys.workers, ...handNames(mostHands)).catch(() => {});
    },
  };
}

const picturesGone: Outcome = {
  state: 'failed',
  failure: {
    code: 'INTERRUPTED',
    problem: 'The pictures of this job are gone.',
    remedy: 'Ask for it again.',
  },
};

/** Sends a step when the last one has arrived; of those that come meanwhile, the latest of each column. */
function latestOnly(send: (step: Step) => Promise<unknown>): (step: Step) => void {
  const waiting = new Map<number | undefined, Step>();
  const sendAll = once(async () => {
    for (const [column, step] of waiting) {
      waiting.delete(column);
      await send(step);
    }
  });
  return (step) => {
    waiting.set(step.column, step);
    sendAll();
  };
}
