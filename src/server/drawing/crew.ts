/**
 * The processes of this machine that draw: each takes jobs from the queue, one after another.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { OfferedModel } from '../../catalog/offered.ts';
import { type DrawJobsOptions, drawJobs } from './drawJobs.ts';
import { createDrawingWorker, type DrawingWorker } from './workerProcess.ts';

export interface CrewOptions extends Omit<DrawJobsOptions, 'worker' | 'onProblem'> {
  /** Processes; none for a server that leaves drawing to others. */
  readonly size: number;
  readonly log: (text: string) => void;
}

export interface Crew {
  /** Of the first process that draws; another one after it died. */
  readonly pid: number | undefined;
  /** How often a process had to be started again. */
  readonly restarts: number;
  /** Whether any of them can draw. */
  healthy(): boolean;
  /**
   * Opens device and default model; the device in words, undefined for a crew of none. Throws what that throws: better now than
   * at the first job.
   */
  open(): Promise<string | undefined>;
  /** From now on jobs are taken. */
  start(): void;
  /**
   * Takes no more, and lets the jobs in work end, but for no longer than `patience` milliseconds: then they go back into the
   * queue.
   */
  stop(patience: number): Promise<void>;
  /** Ends the processes. */
  close(): Promise<void>;
}

/** Milliseconds until the queue is asked again after it failed. */
const respite = 1000;

export function createCrew({ size, log, ...options }: CrewOptions): Crew {
  const workers = Array.from({ length: size }, createDrawingWorker);
  const stopping = new AbortController();
  const abandon = new AbortController();
  let drawing: Promise<unknown> = Promise.resolve();

  async function draw(worker: DrawingWorker): Promise<void> {
    const onProblem = (error: unknown, job: string) => log(`job ${job}: ${describe(error)}`);
    while (!stopping.signal.aborted) {
      try {
        await drawJobs({ ...options, worker, onProblem }, stopping.signal, abandon.signal);
      } catch (error) {
        log(`the queue: ${describe(error)}`);
        await pause(respite);
      }
    }
  }

  return {
    get pid() {
      return workers[0]?.pid;
    },
    get restarts() {
      return workers.reduce((sum, { restarts }) => sum + restarts, 0);
    },
    healthy: () => workers.some((worker) => worker.healthy()),
    async open() {
      const [first] = workers;
      const { device, offered } = options;
      const { name, folder } = offered.models[0] as OfferedModel;
      if (!first) return undefined;
      for await (const event of first.run(
        { kind: 'open', device, model: { name, folder } },
        abandon.signal,
      )) {
        if (event.kind === 'ready') return event.device;
      }
      return device;
    },
    start() {
      drawing = Promise.all(workers.map(draw));
    },
    async stop(patience) {
      stopping.abort();
      const timer = setTimeout(() => abandon.abort(), patience);
      await drawing.finally(() => clearTimeout(timer));
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/** With where it came from, if it is a defect. */
export function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
