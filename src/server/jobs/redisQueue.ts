/**
 * The queue for several machines: jobs in Redis, kept by BullMQ. Whoever asks and whoever works may be in any process; who of
 * them dies, and when, loses no job: one whose holder fell silent is run once more, and failed if that was its second time.
 * How safe jobs are from a crash of Redis itself is Redis's own setting (appendonly).
 */
import { Queue, Worker } from 'bullmq';
import type { JobRequest } from '../contract/drawing.ts';
import type { Job, JobState } from '../contract/job.ts';
import { QueueFullError, StoppingError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { JobFilter, JobQueue } from './queue.ts';
import { hasEnded } from './record.ts';
import { connectRedis, isOutage, reaching } from './redis/connection.ts';
import { type Desk, openDesk, shown } from './redis/desk.ts';
import { type Ending, ending, type JobData, keysOf, newestIds } from './redis/jobs.ts';
import type { News, Told } from './redis/news.ts';
import { once } from './redis/once.ts';
import { endWaiting, markCancelled, reserve } from './redis/scripts.ts';
import { createTaking } from './redis/taking.ts';
import { hasPictures, packPictures, withoutPictures } from './sentPictures.ts';

export interface RedisQueueOptions {
  /** redis://[user:password@]host:port/database, rediss:// for TLS. */
  readonly url: string;
  /** Queues of different names know nothing of each other; `ksd` by default. */
  readonly name?: string;
  /** Jobs that may wait, 32 by default. */
  readonly limit?: number;
  /** Jobs that have ended and are remembered, 1,000 by default. */
  readonly history?: number;
  /** Milliseconds of silence after which a process that held a job is taken to be dead, 10,000 by default. */
  readonly lease?: number;
  /** Hears of jobs that are forgotten, in the process that forgets them. */
  readonly onForgotten?: (id: string) => void;
  readonly log?: (text: string) => void;
}

export interface RedisQueue extends JobQueue {
  /** Processes that draw, wherever. */
  workers(): Promise<number>;
  /** Whether the pictures of its jobs are kept in this store; the first one that is named here is. */
  belongsTo(store: string): Promise<boolean>;
}

/** Seconds to wait if nothing is known of how long jobs take. */
const usualWait = 5;
/** Milliseconds that a place is kept for a job that is being added. */
const adding = 30_000;
/** Milliseconds after which those who listen are told how it stands, in case that news were lost. */
const reminder = 5000;
/** Jobs that are looked at in one go. */
const page = 100;

/** Throws RuntimeError if Redis does not answer. All of its methods throw QueueUnavailableError while Redis is away. */
export async function openRedisQueue({
  url,
  name = 'ksd',
  limit = 32,
  history = 1000,
  lease = 10_000,
  onForgotten = () => {},
  log = () => {},
}: RedisQueueOptions): Promise<RedisQueue> {
  const redis = await connectRedis(url, log);
  const { commands } = redis;
  // In braces: all keys of the queue lie on one node of a cluster.
  const base = { connection: commands, prefix: `{${name}}` };
  const bull = new Queue<JobData, Ending>('jobs', base);
  const worker = new Worker<JobData, Ending>('jobs', null, {
    ...{ ...base, autorun: false, lockDuration: lease, stalledInterval: Math.ceil(lease / 3) },
    // How often a job may be begun is counted by this queue, which knows of attempts that BullMQ does not.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
  });
  const tell = (error: Error) => isOutage(error) || log(`BullMQ: ${error.message}`);
  bull.on('error', tell);
  worker.on('error', tell);
  await Promise.all([bull.waitUntilReady(), worker.waitUntilReady()]);
  const keys = keysOf((key) => bull.toKey(key));
  const desk = await openDesk(redis, bull, keys, { name, history, onForgotten, log }, (news) => hear(news));
  const taking = createTaking(desk, worker, lease, log);
  const remind = once(() => tellListeners(desk, false));
  const tellMoved = once(() => tellListeners(desk, true));
  let closing: Promise<void> | undefined;

  function hear(news: News): void {
    if (news.kind === 'cancel') taking.cancel(news.id);
    if (news.kind !== 'changed') return;
    taking.wake();
    tellMoved();
  }

  const reminding = setInterval(remind, reminder);
  worker.on('stalled', (id) => {
    log(`job ${id}: whoever ran it fell silent.`);
    desk.changed(id).catch(() => {});
  });
  await worker.startStalledCheckTimer();

  async function close(): Promise<void> {
    clearInterval(reminding);
    desk.news.end();
    await taking.close();
    await Promise.allSettled([worker.close(true), bull.close()]);
    redis.close();
  }

  return {
    async add(request) {
      if (closing) throw new StoppingError();
      const id = newId();
      const now = Date.now();
      const place = await reaching(() =>
        commands.eval(
          ...([reserve, 3, keys.wait, keys.reserved, keys.ids] as const),
          ...([id, limit, now, now + adding, keys.job('')] as const),
        ),
      );
      if (place !== 1) throw new QueueFullError(limit, Math.ceil(desk.pace.usual(request.kind) ?? usualWait));
      await reaching(() => store(desk, id, request, now));
      void desk.news.announce({ kind: 'changed' });
      return (await desk.get(id)) as Job;
    },
    get: (id) => desk.get(id),
    list: (filter) => list(desk, filter),
    async cancel(id) {
      const waited = await reaching(() =>
        commands.eval(
          ...([endWaiting, 5, keys.wait, keys.completed, keys.cancelling] as const),
          ...([keys.job(id), keys.pictures(id), id, ending({ state: 'cancelled' }), Date.now()] as const),
        ),
      );
      if (waited === 1) await desk.ended(id).catch(() => {});
      else {
        const marked = await reaching(() =>
          commands.eval(markCancelled, 2, keys.cancelling, keys.job(id), id),
        );
        if (marked === 1) await desk.news.announce({ kind: 'cancel', id });
      }
      return desk.get(id);
    },
    async *events(id, signal) {
      if (closing) return;
      const hearing = await reaching(() => desk.news.hear(id, signal));
      try {
        const found = await desk.look([id]);
        const [first] = found.jobs;
        if (!first) return;
        let last: Pick<Told & { kind: 'job' }, 'version' | 'job'> = {
          job: shown(first, found, desk.pace),
          version: first.version,
        };
        yield { kind: 'job', job: last.job };
        if (hasEnded(last.job)) return;
        for await (const told of hearing.events) {
          if (told.kind === 'step') yield told;
          else if (isNew(told, last)) {
            last = told;
            yield { kind: 'job', job: told.job };
            if (hasEnded(told.job)) return;
          }
        }
      } finally {
        await hearing.leave();
      }
    },
    async stats() {
      const { waiting, running } = await desk.look([]);
      return { queued: waiting.length, running: running.length, limit };
    },
    take: (signal) => taking.take(signal),
    workers: async () => (await desk.look([])).workers,
    belongsTo: (store) =>
      reaching(async () => {
        await commands.setnx(keys.store, store);
        return (await commands.get(keys.store)) === store;
      }),
    close: () => (closing ??= close()),
  };
}

/** The place is given back where that fails; where it cannot be, it is free again after a while. */
async function store(
  { redis, bull, keys }: Desk,
  id: string,
  request: JobRequest,
  now: number,
): Promise<void> {
  const { commands } = redis;
  try {
    const pictures = packPictures(request);
    if (pictures !== undefined) await commands.set(keys.pictures(id), pictures, 'PX', adding);
    const data = {
      request: withoutPictures(request),
      ...(hasPictures(request) ? { hasPictures: true } : {}),
    };
    await bull.add(request.kind, data, { jobId: id, timestamp: now });
    if (pictures !== undefined) await commands.persist(keys.pictures(id));
  } finally {
    await commands.zrem(keys.reserved, id).catch(() => {});
  }
}

async function list(desk: Desk, { states, before, limit = 50 }: JobFilter = {}): Promise<Job[]> {
  const wanted = (state: JobState) => states?.includes(state) ?? true;
  const jobs: Job[] = [];
  let from = before;
  for (;;) {
    const ids = await nextIds(desk, states, from);
    const found = await desk.look(ids);
    for (const job of found.jobs) if (wanted(job.state)) jobs.push(shown(job, found, desk.pace));
    from = ids.at(-1);
    if (ids.length < page || jobs.length >= limit) return jobs.slice(0, limit);
  }
}

/** Those that have not ended are few and known: nobody looks through all others for them. */
async function nextIds(
  desk: Desk,
  states: readonly JobState[] | undefined,
  before: string | undefined,
): Promise<string[]> {
  if (states?.every((state) => state === 'queued' || state === 'running')) {
    const { waiting, running } = await desk.look([]);
    const some = [...waiting, ...running].filter((id) => before === undefined || id < before);
    return some.sort().reverse().slice(0, page);
  }
  return reaching(() => newestIds(desk.redis.commands, desk.keys, before, page));
}

/** Tells who listens in this process how their jobs stand. `moved`: only of positions; changes of state are told by who made them. */
async function tellListeners({ look, news, pace }: Desk, moved: boolean): Promise<void> {
  const ids = news.ids();
  if (ids.length === 0) return;
  const found = await look(ids);
  for (const job of found.jobs) {
    if (moved && job.state !== 'queued') continue;
    news.tellHere(job.id, { kind: 'job', job: shown(job, found, pace), version: job.version, moved });
  }
}

/** News of a state come in order, but may come twice; a position changes within a state. */
function isNew(told: Told & { kind: 'job' }, last: Pick<Told & { kind: 'job' }, 'version' | 'job'>): boolean {
  const [version = 0, before = 0] = [told.version, last.version];
  if (version === before) return told.job.position !== last.job.position;
  return version > before && !told.moved;
}
