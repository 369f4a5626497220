/**
 * Takes jobs from the queue, has them drawn, and puts what comes of them into the gallery. One of these runs for each process
 * that draws.
 */
import type { Offered } from '../../catalog/offered.ts';
import { KsdError } from '../../errors.ts';
import { pngDataUri } from '../../pictures/png.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import type { JobFailure, JobResult } from '../contract/job.ts';
import type { Gallery } from '../gallery/gallery.ts';
import type { Artifacts } from '../jobs/artifacts.ts';
import type { JobQueue, TakenJob } from '../jobs/queue.ts';
import { drawingTask } from './drawingTask.ts';
import type { DrawingEvent, DrawnPicture } from './task.ts';
import { type DrawingWorker, WorkerDiedError } from './workerProcess.ts';

export interface DrawJobsOptions {
  readonly queue: JobQueue;
  readonly gallery: Gallery;
  readonly artifacts: Artifacts;
  readonly worker: DrawingWorker;
  readonly offered: Offered;
  readonly device: RequestedDevice;
  /** Hears of defects, and of processes that died. */
  readonly onProblem: (error: unknown, job: string) => void;
  readonly onEnd?: (job: TakenJob, state: 'done' | 'failed' | 'cancelled', seconds: number) => void;
}

/**
 * Runs until `stop` is aborted and the job in work has ended. `abandon` ends that at once: it goes back into the queue for the
 * next start.
 */
export async function drawJobs(
  options: DrawJobsOptions,
  stop: AbortSignal,
  abandon: AbortSignal,
): Promise<void> {
  for (;;) {
    const job = await options.queue.take(stop);
    if (!job) return;
    if (stop.aborted) return job.release();
    // A disk that is full, for example, ends this job and not the others.
    await drawJob(options, job, abandon).catch((error) => options.onProblem(error, job.id));
  }
}

async function drawJob(options: DrawJobsOptions, job: TakenJob, abandon: AbortSignal): Promise<void> {
  const began = performance.now();
  const told = (state: 'done' | 'failed' | 'cancelled') =>
    options.onEnd?.(job, state, (performance.now() - began) / 1000);
  const signal = AbortSignal.any([job.signal, abandon]);
  let result: JobResult;
  try {
    result = await resultOf(options, job, signal);
  } catch (error) {
    if (job.signal.aborted && !(error instanceof WorkerDiedError)) {
      await job.cancelled();
      told('cancelled');
    } else if (abandon.aborted) {
      await job.release();
    } else if (error instanceof WorkerDiedError) {
      options.onProblem(error, job.id);
      await job.died();
    } else {
      if (!(error instanceof KsdError)) options.onProblem(error, job.id);
      await job.failed(failureOf(error));
      told('failed');
    }
    return;
  }
  await job.done(result);
  told('done');
}

async function resultOf(options: DrawJobsOptions, job: TakenJob, signal: AbortSignal): Promise<JobResult> {
  const { worker, offered, device } = options;
  const task = { ...drawingTask(job.request, offered), device };
  const seen: Seen = { steps: [], written: [] };
  let result: JobResult | undefined;
  for await (const event of worker.run(task, signal)) {
    if (event.kind === 'step') reportStep(options, job, event, seen);
    else if (event.kind !== 'ready') {
      // What was drawn is kept, unless nobody wants it any more.
      signal.throwIfAborted();
      result = await kept(options, job.id, event, seen);
    }
  }
  if (result) return result;
  throw new Error('The drawing ended without a result.');
}

/** What a comparison has shown. */
interface Seen {
  /** Steps of each column that have a preview. */
  readonly steps: number[][];
  /** Drawing goes on while they are written. */
  readonly written: Promise<void>[];
}

function reportStep(
  { artifacts }: DrawJobsOptions,
  job: TakenJob,
  { progress, column, previews, step }: Extract<DrawingEvent, { kind: 'step' }>,
  seen: Seen,
): void {
  const shown = previews?.map(pngDataUri);
  job.report({
    progress,
    ...(column === undefined ? {} : { column }),
    ...(shown === undefined ? {} : { previews: shown }),
  });
  const [preview] = previews ?? [];
  if (column === undefined || step === undefined || !preview) return;
  const steps = seen.steps[column] ?? [];
  steps.push(step);
  seen.steps[column] = steps;
  const written = artifacts.write(job.id, { column, step }, preview);
  // Its error is thrown when the job ends.
  written.catch(() => {});
  seen.written.push(written);
}

async function kept(
  { gallery, artifacts }: DrawJobsOptions,
  job: string,
  event: Exclude<DrawingEvent, { kind: 'step' | 'ready' }>,
  seen: Seen,
): Promise<JobResult> {
  await Promise.all(seen.written);
  const add = (pictures: readonly DrawnPicture[]) => gallery.add(pictures.map((one) => ({ job, ...one })));
  if (event.kind === 'generated') {
    return { kind: 'generate', pictures: await add(event.pictures), warnings: [...event.warnings] };
  }
  if (event.kind === 'compared') {
    const pictures = await add(event.columns.map(({ picture }) => picture));
    const columns = event.columns.map((column, i) => ({
      ...column,
      picture: pictures[i] as (typeof pictures)[number],
      previews: seen.steps[i] ?? [],
    }));
    return { kind: 'compare', columns };
  }
  const [picture] = await add([event.picture]);
  await artifacts.write(job, 'report', event.report);
  return {
    ...event.found,
    picture: picture as NonNullable<typeof picture>,
    report: `/api/jobs/${job}/report.html`,
  };
}

/** As clients see it: what is no KsdError is a defect, and none of their business. */
function failureOf(error: unknown): JobFailure {
  if (error instanceof KsdError) {
    const { code, problem, remedy } = error;
    return { code, problem, remedy };
  }
  return {
    code: 'INTERNAL',
    problem: 'The server failed to draw this.',
    remedy: 'The log of the server says more.',
  };
}
