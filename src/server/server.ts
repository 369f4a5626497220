/**
 * `ksd serve` as a function: opens what is kept on the disk, starts the process that draws, and listens.
 */
import { join } from 'node:path';
import { type Offered, type OfferedModel, openOffered } from '../catalog/offered.ts';
import { packageFile } from '../catalog/packaged.ts';
import { readJsonObject } from '../checkpoint/json.ts';
import { RuntimeError } from '../errors.ts';
import type { RequestedDevice } from '../runtime/session.ts';
import { namedSamplers } from '../schedulers/names.ts';
import type { System } from './contract/system.ts';
import { drawJobs } from './drawing/drawJobs.ts';
import { createDrawingWorker, type DrawingWorker } from './drawing/workerProcess.ts';
import { openLocalGallery } from './gallery/localGallery.ts';
import { type AppOptions, createApp } from './http/app.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import type { App } from './http/types.ts';
import { localArtifacts } from './jobs/artifacts.ts';
import { openLocalQueue } from './jobs/localQueue.ts';
import type { JobQueue } from './jobs/queue.ts';
import { type Limits, usualLimits } from './limits.ts';
import type { Services } from './services.ts';

export interface ServerOptions {
  /** Folders or files of models; the packaged one by default. The first is the default of requests. */
  readonly models?: readonly string[];
  /** As `--student` names them; the packaged ones are added where a model can use them. */
  readonly students?: readonly string[];
  readonly device: RequestedDevice;
  /** Jobs and pictures are kept here. */
  readonly data: string;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** Any free one for 0. */
  readonly port: number;
  readonly apiKey?: string;
  readonly origins?: readonly string[];
  /** A reverse proxy stands before it, and says under which address: others can reach it, whatever the host. */
  readonly trustProxy?: boolean;
  readonly limits?: Partial<Limits>;
  /** Whether runs can be started here. */
  readonly training?: boolean;
  /** Folder of the page; that of the package by default. */
  readonly page?: string;
  /** More routes. */
  readonly plugins?: readonly ((app: App, services: Services) => void | Promise<void>)[];
  /** Hears of what the one who runs the server should know. */
  readonly log?: (text: string) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly services: Services;
  /** The process that draws; another one after it died. */
  readonly worker: Pick<DrawingWorker, 'pid'>;
  /**
   * Takes in nothing more, lets the job in work end, but for no longer than `patience` milliseconds (then it goes back into the
   * queue for the next start), and closes. What is queued stays on the disk.
   */
  stop(patience?: number): Promise<void>;
}

const localHosts = ['127.0.0.1', 'localhost', '::1'];

/** Whether only this machine can reach a server that is bound to `host`. */
export function isLocalHost(host: string): boolean {
  return localHosts.includes(host);
}

/** Throws CheckpointError for models and students that are none, RuntimeError if nothing can listen there. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { device, host = '127.0.0.1', log = () => {} } = options;
  const limits = { ...usualLimits, ...options.limits };
  const offered = await openOffered(options.models ?? [], options.students ?? []);
  const kept = await openKept(options, limits);
  const { queue } = kept;
  const worker = createDrawingWorker();
  const metrics = createMetrics({ queue, restarts: () => worker.restarts });
  const stopping = new AbortController();
  const abandon = new AbortController();
  let deviceText: string = device;
  const version = String((await readJsonObject(packageFile))['version']);
  const services: Services = {
    ...{ ...kept, offered, limits, stopping: stopping.signal },
    hasWorker: () => worker.healthy(),
    system: async () => ({
      ...{ ...systemOf({ offered, limits }), version, device: deviceText },
      queue: await queueFacts(queue),
      training: options.training ?? true,
    }),
  };
  const app = await createApp(appOptions(options, services, metrics, version));
  const closeAll = async () => {
    await queue.close();
    await app.close();
    await worker.close();
  };
  let url: string;
  try {
    deviceText = await openFirst(worker, device, offered, abandon.signal);
    url = await listen(app, host, options.port);
  } catch (error) {
    await closeAll();
    throw error;
  }
  const drawing = drawJobs(
    {
      ...{ ...kept, worker, offered, device },
      onProblem: (error, job) => log(`job ${job}: ${describe(error)}`),
      onEnd: ({ request }, state, seconds) => metrics.jobEnded(request.kind, state, seconds),
    },
    stopping.signal,
    abandon.signal,
  );
  return {
    url,
    services,
    worker,
    async stop(patience = 30_000) {
      stopping.abort();
      const timer = setTimeout(() => abandon.abort(), patience);
      await drawing.finally(() => clearTimeout(timer));
      await closeAll();
    },
  };
}

/** What is on the disk. */
async function openKept({ data, log = () => {} }: ServerOptions, limits: Limits) {
  const artifacts = localArtifacts(join(data, 'artifacts'));
  const onDamaged = (path: string) => log(`${path} is damaged and left alone.`);
  const gallery = await openLocalGallery(join(data, 'pictures'), onDamaged);
  const queue = await openLocalQueue({
    folder: join(data, 'jobs'),
    limit: limits.queue,
    onDamaged,
    onForgotten: (id) => void artifacts.removeAll(id),
  });
  return { artifacts, gallery, queue };
}

function appOptions(
  {
    apiKey,
    origins,
    host = '127.0.0.1',
    trustProxy = false,
    page,
    plugins = [],
    log = () => {},
  }: ServerOptions,
  services: Services,
  metrics: Metrics,
  version: string,
): AppOptions {
  return {
    ...{ services, metrics, version, trustProxy },
    security: { apiKey, local: isLocalHost(host) && !trustProxy, ...(origins ? { origins } : {}) },
    ...(page === undefined ? {} : { page }),
    plugins: plugins.map((plugin) => (routes: App) => plugin(routes, services)),
    onDefect: (error, where) => log(`${where}: ${describe(error)}`),
  };
}

/** Opens device and default model; the device in words. Throws what that throws: better now than at the first request. */
async function openFirst(
  worker: DrawingWorker,
  device: RequestedDevice,
  { models: [first] }: Offered,
  signal: AbortSignal,
): Promise<string> {
  const { name, folder } = first as OfferedModel;
  for await (const event of worker.run({ kind: 'open', device, model: { name, folder } }, signal)) {
    if (event.kind === 'ready') return event.device;
  }
  return device;
}

function systemOf({ offered, limits }: Pick<Services, 'offered' | 'limits'>) {
  return {
    models: offered.models.map(({ folder: _, width: __, ...model }) => ({
      ...model,
      examples: [...model.examples],
    })),
    students: offered.students.map(({ name, description }) => ({ name, description })),
    samplers: Object.entries(namedSamplers).map(([name, { label }]) => ({ name, title: label })),
    limits,
  } satisfies Partial<System>;
}

async function queueFacts(queue: JobQueue): Promise<System['queue']> {
  const { queued, running } = await queue.stats();
  return { queued, running, workers: 1 };
}

async function listen(
  app: { listen(at: { host: string; port: number }): Promise<string> },
  host: string,
  port: number,
) {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RuntimeError(
      `Nothing can listen on ${host}:${port}: ${why}.`,
      'Choose another one with --port, or end what uses it.',
      { cause },
    );
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
