/**
 * What a queue of jobs is, whatever keeps it: the side that asks, and the side that works. Members: localQueue.ts, redisQueue.ts; each falls
 * under conformance.ts.
 */
import type { JobRequest } from '../contract/drawing.ts';
import type { Job, JobEvent, JobFailure, JobResult, JobState } from '../contract/job.ts';

export type StepEvent = Extract<JobEvent, { kind: 'step' }>;

export interface JobQueue {
  /** Returns once the job would survive a crash. Throws QueueFullError if too many wait, StoppingError once closed. */
  add(request: JobRequest): Promise<Job>;
  get(id: string): Promise<Job | undefined>;
  /** Newest first. */
  list(filter?: JobFilter): Promise<Job[]>;
  /** The job as it then stands: one that runs ends soon after, one that has ended stays as it is. */
  cancel(id: string): Promise<Job | undefined>;
  /**
   * What happens to a job, the job as it stands first; ends after the job has, or with the signal. Nothing for a job that is
   * not there. Who reads slowly misses steps, never a change of state.
   */
  events(id: string, signal: AbortSignal): AsyncGenerator<JobEvent, void, void>;
  stats(): Promise<QueueStats>;
  /** The next job, which is then running; undefined once `signal` is aborted or the queue closed. */
  take(signal: AbortSignal): Promise<TakenJob | undefined>;
  /** Nothing is taken in or handed out any more; events end. What is queued stays for the next start. */
  close(): Promise<void>;
}

export interface JobFilter {
  /** All by default. */
  readonly states?: readonly JobState[];
  /** Only jobs before this one. */
  readonly before?: string;
  /** 50 by default. */
  readonly limit?: number;
}

export interface QueueStats {
  readonly queued: number;
  readonly running: number;
  /** How many may wait. */
  readonly limit: number;
}

/** A job in the hands of whoever runs it. Exactly one of the last five ends that. */
export interface TakenJob {
  readonly id: string;
  /** With the pictures that were sent. */
  readonly request: JobRequest;
  /** Aborted when it is cancelled. */
  readonly signal: AbortSignal;
  report(step: Omit<StepEvent, 'kind' | 'etaSeconds'>): void;
  done(result: JobResult): Promise<void>;
  failed(failure: JobFailure): Promise<void>;
  cancelled(): Promise<void>;
  /** Its runner died: it is run once more, before all others; the second time it has failed. */
  died(): Promise<void>;
  /** It is put back as if it had never been begun. */
  release(): Promise<void>;
}
