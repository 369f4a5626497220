/**
 * What every queue of jobs must do: the same cases for each. A member's test calls `queueConformance` with how to open it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Job, JobEvent } from '../../contract/job.ts';
import { QueueFullError, StoppingError } from '../../errors.ts';
import type { JobQueue } from '../queue.ts';
import { lawsHold, mostWaiting, operations, take } from './laws.ts';
import { failure, never, request, result } from './samples.ts';

export interface OpenedQueue {
  readonly queue: JobQueue;
  /** Closes it as if its process had ended, and opens what it left. */
  restart(): Promise<JobQueue>;
}

export interface OpenOptions {
  readonly limit?: number;
  readonly history?: number;
}

const progress = { stage: 'drawing', done: 1, total: 4 } as const;

export function queueConformance(name: string, open: (options?: OpenOptions) => Promise<OpenedQueue>): void {
  describe(name, () => {
    test('a job goes from queued over running to done, and those who listen hear of it', async () => {
      const { queue } = await open();
      const job = await queue.add(request());
      expect(job).toMatchObject({ state: 'queued', position: 0, request: { prompt: 'a red apple' } });
      const events: JobEvent[] = [];
      const heard = listen(queue, job.id, never, events);
      await expect.poll(() => events.length).toBe(1);
      const taken = await take(queue);
      taken.report({ progress, previews: ['data:image/png;base64,AA=='] });
      await expect.poll(async () => (await queue.get(job.id))?.progress).toEqual(progress);
      await expect.poll(() => events.length).toBe(3);
      await taken.done(result);
      await heard;
      expect(statesOf(events)).toEqual(['queued', 'running', 'done']);
      expect(events.filter(({ kind }) => kind === 'step')).toMatchObject([{ progress }]);
      expect(await queue.get(job.id)).toMatchObject({ state: 'done', result });
    });

    test('jobs are taken in the order in which they came, each by one', async () => {
      const { queue } = await open();
      const ids = [];
      for (let i = 0; i < 4; i++) ids.push((await queue.add(request(`prompt ${i}`))).id);
      expect((await queue.list()).map(({ id }) => id)).toEqual([...ids].reverse());
      const taken = await Promise.all(ids.map(() => take(queue)));
      expect(taken.map(({ id }) => id).sort()).toEqual(ids);
    });

    test('a job that is taken in the future is waited for, and the wait ends with its signal', async () => {
      const { queue } = await open();
      const waiting = queue.take(never);
      const job = await queue.add(request());
      expect((await waiting)?.id).toBe(job.id);
      const stop = new AbortController();
      const none = queue.take(stop.signal);
      stop.abort();
      expect(await none).toBeUndefined();
    });

    test('a queued job is cancelled at once, a running one when its runner lets go', async () => {
      const { queue } = await open();
      const [first, second] = [await queue.add(request()), await queue.add(request())];
      const taken = await take(queue);
      expect(await queue.cancel(second.id)).toMatchObject({ state: 'cancelled' });
      expect(taken.signal.aborted).toBe(false);
      await queue.cancel(first.id);
      await expect.poll(() => taken.signal.aborted).toBe(true);
      expect(await queue.get(first.id)).toMatchObject({ state: 'running' });
      await taken.cancelled();
      expect(await queue.cancel(first.id)).toMatchObject({ state: 'cancelled' });
    });

    test('a job that has ended stays as it is', async () => {
      const { queue } = await open();
      const { id } = await queue.add(request());
      await (await take(queue)).failed(failure);
      const before = await queue.get(id);
      expect(before).toMatchObject({ state: 'failed', failure });
      expect(await queue.cancel(id)).toEqual(before);
      expect(statesOf(await listen(queue, id))).toEqual(['failed']);
    });

    test('a full queue refuses and says when to come back; what runs does not count', async () => {
      const { queue } = await open({ limit: 2 });
      await queue.add(request());
      await take(queue);
      await queue.add(request());
      await queue.add(request());
      const refused = await queue.add(request()).catch((error) => error);
      expect(refused).toBeInstanceOf(QueueFullError);
      expect(refused.seconds).toBeGreaterThan(0);
      expect(await queue.stats()).toEqual({ queued: 2, running: 1, limit: 2 });
    });

    test('requests at the same moment do not pass the limit together', async () => {
      const { queue } = await open({ limit: 3 });
      const answers = await Promise.allSettled(Array.from({ length: 8 }, () => queue.add(request())));
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    });

    test('positions tell how many jobs are before, and who listens hears when that changes', async () => {
      const { queue } = await open();
      await queue.add(request());
      const second = await queue.add(request());
      const third = await queue.add(request());
      expect(third.position).toBe(2);
      const events: JobEvent[] = [];
      const heard = listen(queue, third.id, never, events);
      const positions = () => events.flatMap((event) => (event.kind === 'job' ? [event.job.position] : []));
      await expect.poll(positions).toEqual([2]);
      await take(queue);
      await expect.poll(positions).toEqual([2, 1]);
      await queue.cancel(second.id);
      await expect.poll(positions).toEqual([2, 1, 0]);
      await queue.cancel(third.id);
      await heard;
      expect(positions()).toEqual([2, 1, 0, undefined]);
    });

    test('what waits is shared by all who draw', async () => {
      const { queue } = await open();
      await queue.add(request());
      const first = await take(queue);
      await pause(50);
      await first.done(result);
      const etaOf = async ({ id }: Job) => (await queue.get(id))?.etaSeconds;
      const jobs: Job[] = [];
      for (let i = 0; i < 8; i++) jobs.push(await queue.add(request()));
      await expect.poll(() => etaOf(jobs[0] as Job)).toBeGreaterThan(0.05);
      const usual = (await etaOf(jobs[0] as Job)) as number;
      await Promise.all([take(queue), take(queue)]);
      // Two draw, five wait before it: each of the two has two or three of them before its turn comes.
      const turns = async () => ((await etaOf(jobs[7] as Job)) as number) / usual;
      await expect.poll(turns).toBeLessThan(5);
      expect(await turns()).toBeGreaterThan(3);
    });

    test('a job whose runner died is run once more before all others, then it has failed', async () => {
      const { queue } = await open();
      const { id } = await queue.add(request());
      await queue.add(request());
      const first = await take(queue);
      await first.died();
      expect(await queue.get(id)).toMatchObject({ state: 'queued', position: 0 });
      const second = await take(queue);
      expect(second.id).toBe(id);
      await second.died();
      expect(await queue.get(id)).toMatchObject({ state: 'failed', failure: { code: 'INTERRUPTED' } });
    });

    test('a job that was cancelled is not run again when its runner dies', async () => {
      const { queue } = await open();
      const { id } = await queue.add(request());
      const taken = await take(queue);
      await queue.cancel(id);
      await expect.poll(() => taken.signal.aborted).toBe(true);
      await taken.died();
      expect(await queue.get(id)).toMatchObject({ state: 'cancelled' });
    });

    test('a released job may be run as often as before', async () => {
      const { queue } = await open();
      const { id } = await queue.add(request());
      for (let i = 0; i < 3; i++) await (await take(queue)).release();
      await (await take(queue)).died();
      expect(await queue.get(id)).toMatchObject({ state: 'queued' });
    });

    test('a restart goes on with what waited, runs once more what ran, and remembers what had ended', async () => {
      const opened = await open();
      const [done, running, queued] = [
        await opened.queue.add(request('done')),
        await opened.queue.add(request('running')),
        await opened.queue.add(request('queued')),
      ];
      await (await take(opened.queue)).done(result);
      await take(opened.queue);
      const queue = await opened.restart();
      expect(await queue.get(done.id)).toMatchObject({ state: 'done', result });
      expect((await take(queue)).id).toBe(running.id);
      expect((await take(queue)).id).toBe(queued.id);
    });

    test('a job that was running at two restarts has failed, and says so', async () => {
      const opened = await open();
      const { id } = await opened.queue.add(request());
      await take(opened.queue);
      await take(await opened.restart());
      const queue = await opened.restart();
      expect(await queue.get(id)).toMatchObject({ state: 'failed', failure: { code: 'INTERRUPTED' } });
    });

    test('pictures of a request reach the runner, also after a restart, and are told to nobody else', async () => {
      const opened = await open();
      const { id } = await opened.queue.add(request('x', { initImage: 'AAAA', mask: 'BBBB' }));
      const told = JSON.stringify([await opened.queue.get(id), await opened.queue.list()]);
      expect(told).not.toMatch(/AAAA|BBBB/);
      const taken = await take(await opened.restart());
      expect(taken.request).toMatchObject({ prompt: 'x', initImage: 'AAAA', mask: 'BBBB' });
    });

    test('a list can be narrowed to states and to what came before', async () => {
      const { queue } = await open();
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.push((await queue.add(request())).id);
      await (await take(queue)).done(result);
      const idsOf = (jobs: readonly Job[]) => jobs.map(({ id }) => id);
      expect(idsOf(await queue.list({ states: ['done'] }))).toEqual([ids[0]]);
      expect(idsOf(await queue.list({ before: ids[3] as string, limit: 2 }))).toEqual([ids[2], ids[1]]);
    });

    test('the oldest jobs that have ended are forgotten', async () => {
      const { queue } = await open({ history: 2 });
      const ids: string[] = [];
      for (let i = 0; i < 4; i++) {
        ids.push((await queue.add(request())).id);
        await (await take(queue)).done(result);
      }
      await expect.poll(async () => (await queue.list()).map(({ id }) => id)).toEqual([ids[3], ids[2]]);
    });

    test('who listens slowly misses steps, but no change of state', async () => {
      const { queue } = await open();
      const { id } = await queue.add(request());
      const events = queue.events(id, never);
      await events.next();
      // Asked for before anything happens, answered with the first thing that does.
      const running = events.next();
      const taken = await take(queue);
      for (let done = 1; done <= 100; done++) taken.report({ progress: { ...progress, done, total: 100 } });
      await taken.done(result);
      const seen = [(await running).value as JobEvent];
      for await (const event of events) seen.push(event);
      expect(statesOf(seen)).toEqual(['running', 'done']);
      expect(seen.filter(({ kind }) => kind === 'step').length).toBeLessThan(100);
    });

    test('a listener that goes away is let go, and a job that is not there has no events', async () => {
      const { queue } = await open();
      const { id } = await queue.add(request());
      const gone = new AbortController();
      const heard = listen(queue, id, gone.signal);
      await settled();
      gone.abort();
      expect(statesOf(await heard)).toEqual(['queued']);
      expect(await listen(queue, '0'.repeat(20))).toEqual([]);
    });

    test('a closed queue takes in nothing, hands out nothing, and ends what listens', async () => {
      const { queue } = await open();
      const { id } = await queue.add(request());
      const heard = listen(queue, id);
      await settled();
      await queue.close();
      expect(statesOf(await heard)).toEqual(['queued']);
      await expect(queue.add(request())).rejects.toBeInstanceOf(StoppingError);
      expect(await queue.take(never)).toBeUndefined();
    });

    test('whatever happens in whatever order, no job is lost and none goes where it may not', async () => {
      await fc.assert(
        fc.asyncProperty(operations, async (some) => lawsHold(await open({ limit: mostWaiting }), some)),
        { numRuns: 15 },
      );
    });
  });
}

async function listen(
  queue: JobQueue,
  id: string,
  signal: AbortSignal = never,
  events: JobEvent[] = [],
): Promise<JobEvent[]> {
  for await (const event of queue.events(id, signal)) events.push(event);
  return events;
}

function statesOf(events: readonly JobEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'job' ? [event.job.state] : []));
}

/** A queue that others keep needs a moment until it tells. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
