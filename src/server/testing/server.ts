/**
 * Servers for the tests of this folder. Nothing but tests may import this.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { FastifyInstance } from 'fastify';
import { openOffered } from '../../catalog/offered.ts';
import { packageRoot } from '../../checkpoint/packageRoot.ts';
import type { JobRequestInput } from '../contract/drawing.ts';
import type { Job, JobEvent } from '../contract/job.ts';
import { openGallery } from '../gallery/storedGallery.ts';
import { type AppOptions, createApp } from '../http/app.ts';
import { createMetrics } from '../http/metrics.ts';
import type { SecurityOptions } from '../http/security.ts';
import { openArtifacts } from '../jobs/artifacts.ts';
import { openLocalQueue } from '../jobs/localQueue.ts';
import { type Limits, usualLimits } from '../limits.ts';
import { type RunningServer, type ServerOptions, startServer } from '../server.ts';
import type { Services } from '../services.ts';
import { folderStore } from '../store/folderStore.ts';

/** What has to be undone, the last first. */
export type Undo = (() => unknown)[];

export async function undoAll(undo: Undo): Promise<void> {
  for (const one of undo.splice(0).reverse()) await one();
}

export async function temporaryFolder(undo: Undo): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ksd-server-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A server on a free port that draws with the packaged model, in a process of the last build. */
export async function openServer(undo: Undo, options: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const worker = join(packageRoot(), 'dist', 'server', 'drawing', 'worker.js');
  if (!(await stat(worker).catch(() => undefined))) {
    throw new Error(`${worker} is not there. Run \`npm run build\` first.`);
  }
  const data = options.data ?? (await temporaryFolder(undo));
  const server = await startServer({ device: 'cpu', port: 0, log: () => {}, ...options, data });
  undo.push(() => server.stop(0));
  return server;
}

export interface TestApp {
  readonly app: FastifyInstance;
  readonly services: Services;
}

/** The routes without a process that draws: jobs stay queued. */
export async function openApp(
  undo: Undo,
  {
    limits,
    page,
    trustProxy = false,
    onDefect = () => {},
    ...security
  }: Partial<SecurityOptions & Pick<AppOptions, 'page' | 'trustProxy' | 'onDefect'>> & {
    limits?: Partial<Limits>;
  } = {},
): Promise<TestApp> {
  const folder = await temporaryFolder(undo);
  const queue = await openLocalQueue({ folder: join(folder, 'jobs'), limit: limits?.queue ?? 32 });
  const offered = await openOffered([], []);
  const services: Services = {
    queue,
    gallery: openGallery(folderStore(folder)),
    artifacts: openArtifacts(folderStore(folder)),
    offered,
    limits: { ...usualLimits, ...limits },
    stopping: new AbortController().signal,
    hasWorker: async () => true,
    system: () => Promise.reject(new Error('There is none.')),
  };
  const app = await createApp({
    services,
    security: { local: !trustProxy, ...security },
    trustProxy,
    metrics: createMetrics({ queue, restarts: () => 0 }),
    version: '0',
    page: page ?? join(folder, 'web'),
    onDefect,
  });
  undo.push(() => app.close());
  return { app, services };
}

export async function postJob(url: string, request: JobRequestInput): Promise<Job> {
  const response = await fetch(`${url}/api/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as Job;
}

/** The events of a job as a client reads them, until the stream ends. */
export async function* readEvents(url: string, id: string): AsyncGenerator<JobEvent, void, void> {
  const response = await fetch(`${url}/api/jobs/${id}/events`);
  let text = '';
  for await (const part of Readable.fromWeb(response.body as ReadableStream)) {
    text += Buffer.from(part).toString('utf8');
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, kind, data] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
      if (kind !== undefined) yield { kind, ...JSON.parse(data as string) } as JobEvent;
    }
  }
}

/** Waits until it has ended. */
export async function endOf(url: string, id: string): Promise<Job> {
  let last: Job | undefined;
  for await (const event of readEvents(url, id)) if (event.kind === 'job') last = event.job;
  return last as Job;
}
