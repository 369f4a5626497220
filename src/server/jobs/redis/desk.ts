/**
 * What both sides of the queue in Redis share: looking at it, telling of what is seen, and clearing away. Knows nobody who
 * takes jobs.
 */
import type { Queue } from 'bullmq';
import type { Job } from '../../contract/job.ts';
import { createPace, type Pace, remaining } from '../eta.ts';
import { hasEnded } from '../record.ts';
import { type RedisConnection, reaching } from './connection.ts';
import { type Ending, type JobData, type Keys, type Look, look, type StoredJob } from './jobs.ts';
import { type News, type NewsRoom, openNewsRoom } from './news.ts';

export interface DeskOptions {
  /** Of the keys in Redis: queues of different names know nothing of each other. */
  readonly name: string;
  /** Jobs that have ended and are remembered. */
  readonly history: number;
  readonly onForgotten: (id: string) => void;
  readonly log: (text: string) => void;
}

export interface Desk {
  readonly redis: RedisConnection;
  readonly bull: Queue<JobData, Ending>;
  readonly keys: Keys;
  readonly news: NewsRoom;
  readonly pace: Pace;
  /** Throws QueueUnavailableError. */
  look(ids: readonly string[]): Promise<Look>;
  get(id: string): Promise<Job | undefined>;
  /** Whoever waits hears how a job now stands, and that others may have moved. */
  changed(id: string): Promise<void>;
  /** A job has ended: whoever waits hears of it, and the oldest ones go. */
  ended(id: string, seconds?: number): Promise<void>;
}

/** `onNews` hears what all processes hear. */
export async function openDesk(
  redis: RedisConnection,
  bull: Queue<JobData, Ending>,
  keys: Keys,
  { name, history, onForgotten, log }: DeskOptions,
  onNews: (news: News) => void,
): Promise<Desk> {
  const { commands } = redis;
  const pace = createPace();
  const news = await openNewsRoom(redis, name, (one) => {
    if (one.kind === 'took') pace.learn(one.job, one.seconds);
    onNews(one);
  });

  async function seen(ids: readonly string[]): Promise<Look> {
    const found = await reaching(() => look(commands, keys, ids));
    for (const id of found.ended) ended(id).catch(() => {});
    return found;
  }

  async function tell(found: Look): Promise<void> {
    for (const job of found.jobs) {
      await news.tell(job.id, { kind: 'job', job: shown(job, found, pace), version: job.version });
    }
    await news.announce({ kind: 'changed' });
  }

  async function ended(id: string, seconds?: number): Promise<void> {
    const found = await look(commands, keys, [id]);
    const [job] = found.jobs;
    if (job && seconds !== undefined) await news.announce({ kind: 'took', job: job.request.kind, seconds });
    await tell(found);
    await forgetOldest();
  }

  async function forgetOldest(): Promise<void> {
    const old = await commands.zrange(keys.completed, '0', String(-history - 1));
    for (const id of old) {
      // The job itself goes last: whoever dies before has left it to be found again.
      await commands.multi().zrem(keys.ids, id).srem(keys.cancelling, id).del(keys.pictures(id)).exec();
      await bull.remove(id);
      onForgotten(id);
    }
  }

  await learn(commands, keys, pace).catch(() => log('The queue does not tell how long jobs took.'));
  return {
    ...{ redis, bull, keys, news, pace, ended },
    look: seen,
    changed: async (id) => tell(await seen([id])),
    async get(id) {
      const found = await seen([id]);
      const [job] = found.jobs;
      return job && shown(job, found, pace);
    },
  };
}

/** As clients see it. */
export function shown({ version: _, ...job }: StoredJob, found: Look, pace: Pace): Job {
  const eta = secondsLeft(job, found, pace);
  return { ...job, ...(eta === undefined ? {} : { etaSeconds: eta }) };
}

/** Jobs before it are taken to be like it, and shared by all who draw. */
function secondsLeft(job: Job, { running, workers }: Look, pace: Pace): number | undefined {
  const usual = pace.usual(job.request.kind);
  if (hasEnded(job)) return undefined;
  if (job.state === 'running') {
    const elapsed = (Date.now() - Date.parse(job.startedAt ?? job.createdAt)) / 1000;
    return remaining(job.request.kind, elapsed, job.progress, usual);
  }
  const before = ((job.position ?? 0) + running.length) / Math.max(1, workers);
  return usual === undefined ? undefined : usual * (before + 1);
}

/** How long the last jobs took that were done. */
async function learn(commands: RedisConnection['commands'], keys: Keys, pace: Pace): Promise<void> {
  const last = await commands.zrange(keys.completed, '-10', '-1');
  const { jobs } = await look(commands, keys, last);
  for (const { state, request, startedAt, endedAt } of jobs) {
    if (state !== 'done' || startedAt === undefined || endedAt === undefined) continue;
    pace.learn(request.kind, (Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
  }
}
