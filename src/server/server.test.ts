import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { decodePng } from '../pictures/png.ts';
import type { Picture } from './contract/gallery.ts';
import type { Job, JobEvent } from './contract/job.ts';
import { system } from './contract/system.ts';
import type { RunningServer } from './server.ts';
import {
  endOf,
  openServer,
  postJob,
  readEvents,
  temporaryFolder,
  type Undo,
  undoAll,
} from './testing/server.ts';

const never = new AbortController().signal;

/** A job that takes seconds. */
const long = { kind: 'generate', prompt: '빨간 사과', steps: 150, previewEvery: 0 } as const;

/** Until its first picture is on its way. */
async function firstStep(url: string, id: string): Promise<void> {
  for await (const event of readEvents(url, id)) {
    if (event.kind === 'step' && event.progress.stage === 'drawing') return;
  }
}

const statesOf = (events: readonly JobEvent[]) =>
  events.flatMap((event) => (event.kind === 'job' ? [event.job.state] : []));

describe('a server', () => {
  const undo: Undo = [];
  let server: RunningServer;
  const get = (path: string) => fetch(`${server.url}${path}`);
  const json = async <Answer>(path: string) => (await (await get(path)).json()) as Answer;
  beforeAll(async () => {
    server = await openServer(undo);
  });
  afterAll(() => undoAll(undo));

  test('says what it is and has', async () => {
    const described = system.parse(await json('/api/system'));
    expect(described.models).toMatchObject([{ name: 'emoji-sd', side: 64, factor: 4, guidance: 5 }]);
    expect(described.students.map(({ name }) => name)).toEqual([
      'roberta-robust',
      'clip',
      'roberta',
      'roberta-pooler',
    ]);
    expect(described.device).toMatch(/cpu/);
    expect(described.queue).toEqual({ queued: 0, running: 0, workers: 1 });
    expect(await json('/health')).toEqual({ status: 'ok' });
  });

  test('tells how many of its processes draw', async () => {
    const { url } = await openServer(undo, { workers: 3 });
    expect(system.parse(await (await fetch(`${url}/api/system`)).json()).queue.workers).toBe(3);
  });

  test('draws what it is asked for, shows it on the way, and keeps it with its parameters', async () => {
    const request = { kind: 'generate', prompt: '노란색 배경의 고래', steps: 4, seed: 7, count: 2 } as const;
    const { id } = await postJob(server.url, request);
    const events: JobEvent[] = [];
    for await (const event of readEvents(server.url, id)) events.push(event);
    const last = events.at(-1) as Extract<JobEvent, { kind: 'job' }>;
    expect(last.job).toMatchObject({
      state: 'done',
      request: { ...request, student: 'roberta-robust', guidance: 5 },
    });
    const previews = events.flatMap((event) =>
      event.kind === 'step' && event.previews ? [event.previews] : [],
    );
    expect(previews.length).toBeGreaterThan(0);
    const [shown] = previews.at(-1) as string[];
    const preview = decodePng(Buffer.from((shown as string).split(',')[1] as string, 'base64'));
    expect(preview.image).toMatchObject({ width: 64, height: 64 });

    const pictures = (last.job.result as { pictures: Picture[] }).pictures;
    expect(pictures.map(({ parameters }) => parameters.seed)).toEqual(['7', '8']);
    const [first] = pictures as [Picture];
    const file = Buffer.from(await (await get(first.url)).arrayBuffer());
    expect(decodePng(file).text['parameters']).toContain('노란색 배경의 고래');
    const told = await fetch(`${server.url}/api/pictures/read`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: file,
    });
    expect(await told.json()).toMatchObject({
      prompt: request.prompt,
      seed: '7',
      steps: 4,
      student: 'roberta-robust',
    });

    const search = (query: string) =>
      json<{ pictures: Picture[]; total: number }>(`/api/pictures?query=${encodeURIComponent(query)}`);
    expect((await search('고래 노란색')).total).toBe(2);
    expect((await search('고래 파란색')).total).toBe(0);
    expect((await fetch(`${server.url}/api/pictures/${first.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await get(first.url)).status).toBe(404);
    expect((await search('고래')).total).toBe(1);
  });

  test('starts from a picture that is sent, and does not tell it to others', async () => {
    const { id } = await postJob(server.url, { kind: 'generate', prompt: 'a red apple', steps: 2, seed: 1 });
    const [picture] = ((await endOf(server.url, id)).result as { pictures: Picture[] }).pictures as [Picture];
    const initImage = Buffer.from(await (await get(picture.url)).arrayBuffer()).toString('base64');
    const job = await postJob(server.url, {
      ...{ kind: 'generate', prompt: 'a dog', steps: 2, strength: 0.5 },
      initImage: `data:image/png;base64,${initImage}`,
    });
    expect(job.request).not.toHaveProperty('initImage');
    expect((await endOf(server.url, job.id)).state).toBe('done');
  });

  test('compares encoders, and every step of every column can be looked at afterwards', async () => {
    const { id } = await postJob(server.url, {
      ...{ kind: 'compare', ko: '빨간 사과', en: 'a red apple', steps: 2, students: ['roberta'] },
    });
    const { result } = await endOf(server.url, id);
    if (result?.kind !== 'compare') throw new Error('There is no comparison.');
    expect(result.columns.map(({ encoder, language }) => `${encoder} ${language}`)).toEqual([
      'original en',
      'original ko',
      'roberta ko',
      'roberta en',
    ]);
    for (const [column, { previews, picture }] of result.columns.entries()) {
      expect(previews).toEqual([1, 2]);
      const preview = await get(`/api/jobs/${id}/previews/${column}/${previews[0]}.png`);
      expect(preview.headers.get('content-type')).toBe('image/png');
      expect((await get(picture.url)).status).toBe(200);
    }
  });

  test('diagnoses a prompt, with a map for each word and a page', async () => {
    const { id } = await postJob(server.url, {
      ...{ kind: 'diagnose', prompt: '빨간 사과', reference: 'a red apple', steps: 2 },
    });
    const { result } = await endOf(server.url, id);
    if (result?.kind !== 'diagnose') throw new Error('There is no diagnosis.');
    expect(result.words.map(({ text }) => text)).toEqual(['빨간', '사과']);
    for (const { heat } of result.words) {
      expect(Buffer.from(heat, 'base64')).toHaveLength(result.width * result.height);
    }
    const number = expect.any(Number);
    expect(result.recovered).toEqual({ all: number, early: number, middle: number, late: number });
    expect(result.recovered?.early).toBeGreaterThan(0);
    const page = await get(result.report);
    expect(page.headers.get('content-security-policy')).toContain('sandbox');
    expect(await page.text()).toContain('빨간 사과');
  });

  test('a job is cancelled before it begins, while it runs and after it has ended', async () => {
    const cancel = async (id: string) =>
      (await (await fetch(`${server.url}/api/jobs/${id}`, { method: 'DELETE' })).json()) as Job;
    const running = await postJob(server.url, long);
    const waiting = await postJob(server.url, long);
    const heard = (async () => {
      const events: JobEvent[] = [];
      for await (const event of readEvents(server.url, running.id)) events.push(event);
      return events;
    })();
    await firstStep(server.url, running.id);
    expect((await cancel(waiting.id)).state).toBe('cancelled');
    await cancel(running.id);
    const events = await heard;
    expect(statesOf(events).at(-1)).toBe('cancelled');
    // It was far from its end, and nothing was decoded.
    expect(events.some((event) => event.kind === 'step' && event.progress.stage === 'decoding')).toBe(false);
    expect(await cancel(running.id)).toMatchObject({ state: 'cancelled' });
    const done = await endOf(server.url, (await postJob(server.url, { ...long, steps: 1 })).id);
    expect(await cancel(done.id)).toEqual(done);
  });

  test('a client that hangs up while it listens leaves nothing behind', async () => {
    const { id } = await postJob(server.url, { ...long, steps: 30 });
    await firstStep(server.url, id);
    expect((await endOf(server.url, id)).state).toBe('done');
  });

  test('that loses what draws runs the job once more in a new process, and tells the truth the second time', async () => {
    const kill = () => process.kill(server.worker.pid as number, 'SIGKILL');
    const lucky = await postJob(server.url, { ...long, steps: 60 });
    await firstStep(server.url, lucky.id);
    const first = server.worker.pid;
    kill();
    expect((await endOf(server.url, lucky.id)).state).toBe('done');
    expect(server.worker.pid).not.toBe(first);

    const unlucky = await postJob(server.url, long);
    const next = await postJob(server.url, { ...long, steps: 1 });
    for (let i = 0; i < 2; i++) {
      await firstStep(server.url, unlucky.id);
      kill();
    }
    const { state, failure } = await endOf(server.url, unlucky.id);
    expect({ state, code: failure?.code }).toEqual({ state: 'failed', code: 'INTERRUPTED' });
    expect((await endOf(server.url, next.id)).state).toBe('done');
    expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: 'ok' });
  });

  test('counts what it did, and describes itself', async () => {
    const { id } = await postJob(server.url, { ...long, steps: 1 });
    await endOf(server.url, id);
    await get(`/api/jobs/${id}`);
    const counted = async () => (await get('/metrics')).text();
    await expect.poll(counted).toMatch(/ksd_job_seconds_count\{kind="generate",state="done"\} [1-9]/);
    expect(await counted()).toMatch(/route="\/api\/jobs\/:id"/);
    const { paths } = await json<{ paths: Record<string, unknown> }>('/docs/json');
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/api/jobs',
        '/api/jobs/{id}/events',
        '/v1/images/generations',
        '/sdapi/v1/txt2img',
      ]),
    );
    expect((await get('/docs/')).status).toBe(200);
  });
});

test('a server that stops lets the job in work end, or puts it back; what waits goes on at the next start', async () => {
  const undo: Undo = [];
  onTestFinished(() => undoAll(undo));
  const data = await temporaryFolder(undo);
  const graceful = await openServer(undo, { data });
  const running = await postJob(graceful.url, { ...long, steps: 40 });
  const waiting = await postJob(graceful.url, { ...long, steps: 1 });
  await firstStep(graceful.url, running.id);
  const stopped = graceful.stop();
  const refused = await postJob(graceful.url, long).catch((error) => error as Error);
  expect(String(refused)).toMatch(/503|fetch failed/);
  await stopped;

  const hasty = await openServer(undo, { data });
  expect(await hasty.services.queue.get(running.id)).toMatchObject({ state: 'done' });
  expect((await endOf(hasty.url, waiting.id)).state).toBe('done');
  const { id } = await postJob(hasty.url, long);
  await firstStep(hasty.url, id);
  await hasty.stop(0);

  const last = await openServer(undo, { data });
  await firstStep(last.url, id);
  expect((await last.services.queue.list({ states: ['running'] })).map((job) => job.id)).toEqual([id]);
  await last.services.queue.cancel(id);
  for await (const _ of last.services.queue.events(id, never)) await pause(0);
});
