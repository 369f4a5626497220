/**
 * Work spread over threads: jobs go out as plain data, results come back in any order.
 *
 * Knows no job. Where the code runs as TypeScript (in tests), and with one thread, the jobs run here, one after another.
 */
import { availableParallelism } from 'node:os';
import { parentPort, Worker } from 'node:worker_threads';
import { CorpusError, KsdError } from '../errors.ts';

/** What a worker's module answers with; `serve` sends them. */
type Answer<Result> =
  | { readonly kind: 'progress'; readonly rows: number; readonly bytes: number }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly error: Failure };

/** An error as it travels: classes do not. */
interface Failure {
  readonly known: boolean;
  readonly message: string;
  readonly remedy: string;
  readonly stack: string | undefined;
}

export interface Task<Job, Result> {
  /** Does one job in this thread. */
  readonly run: (job: Job, options: TaskOptions) => Promise<Result>;
  /** The module that calls `serve` with the same `run`: see `workerBeside`. */
  readonly worker: URL;
}

/** The module `worker` beside the one at `url`, compiled or not as that is. */
export function workerBeside(url: string): URL {
  return new URL(url.endsWith('.ts') ? './worker.ts' : './worker.js', url);
}

export interface TaskOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number, bytes: number) => void;
}

export interface PoolOptions<Result> {
  readonly threads: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (rows: number, bytes: number) => void;
  readonly onResult: (result: Result) => void;
}

/** One for each core; more than a few find nothing to do, and each takes its memory. */
export function defaultThreads(): number {
  return Math.min(8, availableParallelism());
}

/** Does all jobs, the first ones first. The first error stops the others and is thrown, as is the signal's reason. */
export async function runJobs<Job, Result>(
  task: Task<Job, Result>,
  jobs: readonly Job[],
  options: PoolOptions<Result>,
): Promise<void> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const waiting = [...jobs];
  const threads = options.threads ?? defaultThreads();
  const inline = threads === 1 || task.worker.pathname.endsWith('.ts');
  const lane = async () => {
    const open = inline ? undefined : openWorker(task);
    try {
      for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
        signal.throwIfAborted();
        const { onProgress } = options;
        options.onResult(await (open?.run ?? task.run)(job, { signal, onProgress }));
      }
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      await open?.close();
    }
  };
  const lanes = Array.from({ length: inline ? 1 : Math.min(threads, jobs.length) }, lane);
  const ends = await Promise.allSettled(lanes);
  options.signal?.throwIfAborted();
  if (stop.signal.aborted) throw stop.signal.reason;
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function openWorker<Job, Result>(task: Task<Job, Result>) {
  const worker = new Worker(task.worker);
  return {
    run: (job: Job, { signal, onProgress }: TaskOptions) =>
      new Promise<Result>((resolve, reject) => {
        const abort = () => worker.postMessage({ abort: true });
        const settle = (end: () => void) => {
          signal.removeEventListener('abort', abort);
          worker.off('message', hear).off('error', fail).off('exit', exit);
          end();
        };
        const hear = (answer: Answer<Result>) => {
          if (answer.kind === 'progress') onProgress(answer.rows, answer.bytes);
          else if (answer.kind === 'done') settle(() => resolve(answer.result));
          else settle(() => reject(revived(answer.error)));
        };
        const fail = (error: Error) => settle(() => reject(error));
        const exit = (code: number) => settle(() => reject(new Error(`A worker ended with ${code}.`)));
        signal.addEventListener('abort', abort);
        worker.on('message', hear).on('error', fail).on('exit', exit);
        worker.postMessage({ job });
      }),
    close: async () => void (await worker.terminate()),
  };
}

/** What a worker's module calls: does each job that comes, until the pool is closed. */
export function serve<Job, Result>(run: Task<Job, Result>['run']): void {
  const port = parentPort;
  if (port === null) throw new Error('This module runs in a worker only.');
  let controller = new AbortController();
  const answer = (message: Answer<Result>) => port.postMessage(message);
  port.on('message', async (message: { job?: Job; abort?: true }) => {
    if (message.abort) return controller.abort();
    controller = new AbortController();
    const onProgress = (rows: number, bytes: number) => answer({ kind: 'progress', rows, bytes });
    try {
      answer({ kind: 'done', result: await run(message.job!, { signal: controller.signal, onProgress }) });
    } catch (error) {
      answer({ kind: 'failed', error: failure(error) });
    }
  });
}

function failure(error: unknown): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof KsdError)) return { known: false, message, remedy: '', stack };
  return { known: true, message: error.problem, remedy: error.remedy, stack };
}

function revived({ known, message, remedy, stack }: Failure): Error {
  if (known) return new CorpusError(message, remedy);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
