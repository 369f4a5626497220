/**
 * What the routes work with, and the two things that they all do: putting a request into the queue, and waiting for its end.
 */
import type { Offered } from '../catalog/offered.ts';
import { completeRequest } from './completeRequest.ts';
import type { JobRequest } from './contract/drawing.ts';
import type { Job } from './contract/job.ts';
import type { System } from './contract/system.ts';
import { StoppingError } from './errors.ts';
import type { Gallery } from './gallery/gallery.ts';
import type { Artifacts } from './jobs/artifacts.ts';
import type { JobQueue, StepEvent } from './jobs/queue.ts';
import type { Limits } from './limits.ts';

export interface Services {
  readonly queue: JobQueue;
  readonly gallery: Gallery;
  readonly artifacts: Artifacts;
  readonly offered: Offered;
  readonly limits: Limits;
  /** Aborted when the server begins to stop. */
  readonly stopping: AbortSignal;
  system(): Promise<System>;
  /** Whether there is a process that draws, here or elsewhere. */
  hasWorker(): Promise<boolean>;
}

/** Throws FieldError for a request that cannot be served, QueueFullError, StoppingError. */
export async function submit(services: Services, request: JobRequest): Promise<Job> {
  if (services.stopping.aborted) throw new StoppingError();
  return services.queue.add(completeRequest(request, services));
}

export interface WaitOptions {
  /** Cancels the job: whoever asked has gone. */
  readonly signal: AbortSignal;
  readonly onStart?: (job: Job) => void;
  readonly onStep?: (step: StepEvent) => void;
}

/** The job when it has ended. Throws what `submit` does, StoppingError if the server stops before the job ends. */
export async function runToEnd(
  services: Services,
  request: JobRequest,
  { signal, onStart, onStep }: WaitOptions,
): Promise<Job> {
  const { queue } = services;
  const job = await submit(services, request);
  onStart?.(job);
  const cancel = () => void queue.cancel(job.id);
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  try {
    let last = job;
    // Not with the caller's signal: the end of a cancelled job is waited for, too.
    for await (const event of queue.events(job.id, new AbortController().signal)) {
      if (event.kind === 'job') last = event.job;
      else onStep?.(event);
    }
    if (last.endedAt !== undefined) return last;
    throw new StoppingError();
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
