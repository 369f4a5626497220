/**
 * `ksd serve` as a function: opens what is kept on the disk, starts the process that draws, and listens.
 */
import { openOffered } from '../catalog/offered.ts';
import { packageFile } from '../catalog/packaged.ts';
import { readJsonObject } from '../checkpoint/json.ts';
import { RuntimeError } from '../errors.ts';
import type { RequestedDevice } from '../runtime/session.ts';
import { namedSamplers } from '../schedulers/names.ts';
import type { System } from './contract/system.ts';
import { type Crew, createCrew, describe } from './drawing/crew.ts';
import { type AppOptions, createApp } from './http/app.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import type { App } from './http/types.ts';
import { type Limits, usualLimits } from './limits.ts';
import type { Services } from './services.ts';
import { openStorage, type Storage } from './storage.ts';

export interface ServerOptions {
  /** Folders or files of models; the packaged one by default. The first is the default of requests. */
  readonly models?: readonly string[];
  /** As `--student` names them; the packaged ones are added where a model can use them. */
  readonly students?: readonly string[];
  readonly device: RequestedDevice;
  /** Jobs and pictures are kept here. */
  readonly data: string;
  /** redis://...: jobs are shared with other servers and workers. */
  readonly queue?: string;
  /** Folder or s3://...: where pictures are kept; `data` by default. */
  readonly store?: string;
  /** Processes of this machine that draw: 1 by default, 0 to leave that to workers elsewhere. */
  readonly workers?: number;
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
  readonly worker: Pick<Crew, 'pid'>;
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
  const { device, host = '127.0.0.1', log = () => {}, workers: size = 1 } = options;
  const limits = { ...usualLimits, ...options.limits };
  const offered = await openOffered(options.models ?? [], options.students ?? []);
  const { workers, ...kept } = await openStorage({ ...options, limit: limits.queue, log });
  const { queue } = kept;
  const crew = createCrew({
    ...{ ...kept, offered, device, log, size },
    onEnd: ({ request }, state, seconds) => metrics.jobEnded(request.kind, state, seconds),
  });
  const metrics = createMetrics({ queue, restarts: () => crew.restarts });
  const stopping = new AbortController();
  let deviceText: string = device;
  const version = String((await readJsonObject(packageFile))['version']);
  const services: Services = {
    ...{ ...kept, offered, limits, stopping: stopping.signal },
    hasWorker: async () => ((await workers?.()) ?? 0) > 0 || crew.healthy(),
    system: async () => ({
      ...{ ...systemOf({ offered, limits }), version, device: deviceText },
      queue: await queueFacts({ queue, workers }, size),
      training: options.training ?? true,
    }),
  };
  let app: Awaited<ReturnType<typeof createApp>> | undefined;
  const closeAll = async () => {
    await queue.close();
    await app?.close();
    await crew.close();
  };
  let url: string;
  try {
    app = await createApp(appOptions(options, services, metrics, version));
    deviceText = (await crew.open()) ?? 'workers elsewhere';
    url = await listen(app, host, options.port);
  } catch (error) {
    await closeAll();
    throw error;
  }
  crew.start();
  return {
    url,
    services,
    worker: crew,
    async stop(patience = 30_000) {
      stopping.abort();
      await crew.stop(patience);
      await closeAll();
    },
  };
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

/** `own`: the processes that draw here, which nobody else shares a queue with where `workers` is not there. */
async function queueFacts(
  { queue, workers }: Pick<Storage, 'queue' | 'workers'>,
  own: number,
): Promise<System['queue']> {
  const { queued, running } = await queue.stats();
  return { queued, running, workers: (await workers?.()) ?? own };
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
