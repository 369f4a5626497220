/**
 * `ksd worker` as a function: draws for servers elsewhere, which it shares queue and store with. It listens on no port.
 */
import { type Offered, openOffered } from '../catalog/offered.ts';
import type { RequestedDevice } from '../runtime/session.ts';
import type { Job } from './contract/job.ts';
import { createCrew } from './drawing/crew.ts';
import { usualLimits } from './limits.ts';
import { openStorage } from './storage.ts';

export interface WorkerOptions {
  /** As those of the servers: a job names its model and its student. */
  readonly models?: readonly string[];
  readonly students?: readonly string[];
  readonly device: RequestedDevice;
  /** redis://... */
  readonly queue: string;
  /** Folder or s3://... */
  readonly store: string;
  /** Processes that draw, 1 by default. */
  readonly size?: number;
  /** A job has ended, after so many seconds of work. */
  readonly onEnd?: (id: string, state: Exclude<Job['state'], 'queued' | 'running'>, seconds: number) => void;
  /** Hears of what the one who runs the worker should know. */
  readonly log?: (text: string) => void;
}

export interface RunningWorker {
  readonly device: string;
  readonly offered: Offered;
  /** Of the process that draws; another one after it died. */
  readonly pid: number | undefined;
  /** Lets the job in work end, but for no longer than `patience` milliseconds: then it goes back into the queue. */
  stop(patience?: number): Promise<void>;
}

/** Throws CheckpointError for models and students that are none, ConfigError or RuntimeError if queue or store do not answer. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { device, store, queue: address, size = 1, onEnd, log = () => {} } = options;
  const offered = await openOffered(options.models ?? [], options.students ?? []);
  // It adds no jobs: how many may wait is the servers' to say.
  const limit = usualLimits.queue;
  const { queue, gallery, artifacts } = await openStorage({ data: store, store, queue: address, limit, log });
  const crew = createCrew({
    ...{ queue, gallery, artifacts, offered, device, log, size },
    onEnd: ({ id }, state, seconds) => onEnd?.(id, state, seconds),
  });
  const close = async () => {
    await queue.close();
    await crew.close();
  };
  try {
    const opened = (await crew.open()) ?? device;
    crew.start();
    return {
      device: opened,
      offered,
      get pid() {
        return crew.pid;
      },
      async stop(patience = 30_000) {
        await crew.stop(patience);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
