/**
 * Servers and workers that share a queue and a store, as they would on several machines: processes of the last build.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../checkpoint/packageRoot.ts';
import type { Picture } from './contract/gallery.ts';
import type { JobEvent } from './contract/job.ts';
import type { Problem } from './contract/problem.ts';
import { noRedis, startRedis, type TestRedis } from './testing/redis.ts';
import {
  endOf,
  openServer,
  postJob,
  readEvents,
  temporaryFolder,
  type Undo,
  undoAll,
} from './testing/server.ts';

if (noRedis !== undefined) console.warn(`Skipped: ${noRedis}.`);

const program = join(packageRoot(), 'dist', 'cli', 'main.js');

/** A job that takes seconds. */
const long = { kind: 'generate', prompt: '노란 별', steps: 150, previewEvery: 0 } as const;
const short = { kind: 'generate', prompt: '빨간 사과', steps: 1, previewEvery: 0 } as const;

describe.skipIf(noRedis !== undefined)('on several machines', () => {
  const undo: Undo = [];
  let redis: TestRedis;
  let databases = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(() => undoAll(undo));
  afterAll(() => redis.close());

  /** What is shared: a queue of its own for each test. */
  const shared = async () => ({
    queue: `${redis.url}/${++databases}`,
    store: await temporaryFolder(undo),
  });

  /** Ready to take jobs. */
  async function startWorker({ queue, store }: Awaited<ReturnType<typeof shared>>): Promise<ChildProcess> {
    const child = spawn(
      process.execPath,
      [program, 'worker', '--queue', queue, '--store', store, '--device', 'cpu', '--lang', 'en'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    undo.push(() => child.kill('SIGKILL'));
    const [line] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
    expect(String(line)).toContain('waiting for jobs');
    return child;
  }

  test('the job of a worker that is killed is drawn once more by another one, and its picture is there once', async () => {
    const both = await shared();
    const { url } = await openServer(undo, { ...both, workers: 0 });
    expect((await fetch(`${url}/health`)).status).toBe(503);
    const first = await startWorker(both);
    const { id } = await postJob(url, long);
    const events: JobEvent[] = [];
    for await (const event of readEvents(url, id)) {
      events.push(event);
      const [last] = events.slice(-1);
      if (first.signalCode === null && last?.kind === 'step' && last.progress.stage === 'drawing') {
        await startWorker(both);
        first.kill('SIGKILL');
        await once(first, 'exit');
      }
    }
    // Whoever listens may hear nothing of the moment in which it waits again.
    const jobs = events.flatMap((event) => (event.kind === 'job' ? [event.job] : []));
    const begun = jobs.flatMap(({ state, startedAt }) => (state === 'running' ? [startedAt] : []));
    expect(new Set(begun).size).toBe(2);
    expect(jobs.filter(({ endedAt }) => endedAt !== undefined).map(({ state }) => state)).toEqual(['done']);
    const { pictures, total } = (await (await fetch(`${url}/api/pictures`)).json()) as {
      pictures: Picture[];
      total: number;
    };
    expect(total).toBe(1);
    expect((await fetch(`${url}${pictures[0]?.url}`)).status).toBe(200);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  test('a worker that is asked to stop ends its job first; one that may not wait hands it back', async () => {
    const both = await shared();
    const { url } = await openServer(undo, { ...both, workers: 0 });
    const worker = await startWorker(both);
    const running = await postJob(url, { ...long, steps: 40 });
    const waiting = await postJob(url, short);
    for await (const event of readEvents(url, running.id)) {
      if (event.kind === 'step' && event.progress.stage === 'drawing') break;
    }
    worker.kill('SIGTERM');
    const [status] = await once(worker, 'exit');
    expect(status).toBe(0);
    expect((await endOf(url, running.id)).state).toBe('done');
    const job = (await (await fetch(`${url}/api/jobs/${waiting.id}`)).json()) as { state: string };
    expect(job.state).toBe('queued');
  });

  test('a server that is started again has lost nothing', async () => {
    const both = await shared();
    const before = await openServer(undo, { ...both, workers: 0 });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await postJob(before.url, short)).id);
    await before.stop();
    const { url } = await openServer(undo, { ...both, workers: 0 });
    const { jobs } = (await (await fetch(`${url}/api/jobs`)).json()) as {
      jobs: { id: string; state: string }[];
    };
    expect(jobs.map(({ id }) => id)).toEqual([...ids].reverse());
    await startWorker(both);
    for (const id of ids) expect((await endOf(url, id)).state).toBe('done');
  });

  test('while Redis is away requests are refused with a reason, and all goes on when it is back', async () => {
    const both = await shared();
    const said: string[] = [];
    const { url } = await openServer(undo, { ...both, log: (text) => said.push(text) });
    const waiting = await postJob(url, { ...long, steps: 60 });
    await redis.kill();
    const refused = await fetch(`${url}/api/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(short),
    });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await refused.json()) as Problem).toMatchObject({ code: 'UNAVAILABLE' });
    expect((await fetch(`${url}/health`)).status).toBe(503);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    await redis.restart();
    await expect.poll(async () => (await fetch(`${url}/health`)).status, { timeout: 20_000 }).toBe(200);
    expect((await endOf(url, waiting.id)).state).toBe('done');
    const { id } = await postJob(url, short);
    expect((await endOf(url, id)).state).toBe('done');
    expect(said.filter((text) => /away|back/.test(text))).toHaveLength(2);
  });

  test('a worker that would keep pictures where no server finds them does not begin', async () => {
    const both = await shared();
    await openServer(undo, { ...both, workers: 0 });
    const elsewhere = await temporaryFolder(undo);
    await expect(openServer(undo, { ...both, store: elsewhere, workers: 0 })).rejects.toThrow(
      /kept elsewhere/,
    );
  });
});
