/**
 * A job as the page shows it: what the server said of it, and what its events added since. Pure.
 */
import type { Job, JobEvent, JobProgress } from '../../../src/server/contract/job.ts';

export interface JobView {
  readonly job: Job;
  readonly progress: JobProgress | undefined;
  readonly etaSeconds: number | undefined;
  /** Of each column (0 for a drawing), one a picture: `data:` addresses of the latest step that had any. */
  readonly previews: Readonly<Record<number, readonly string[]>>;
  /** False while the events are lost and asked for again. */
  readonly connected: boolean;
  /** The events were refused for good. */
  readonly error: unknown;
}

export function viewOf(job: Job): JobView {
  return {
    job,
    progress: job.progress,
    etaSeconds: job.etaSeconds,
    previews: {},
    connected: true,
    error: undefined,
  };
}

export function afterEvent(view: JobView, event: JobEvent): JobView {
  if (event.kind === 'job') {
    const { job } = event;
    return {
      ...view,
      job,
      progress: job.progress ?? view.progress,
      etaSeconds: job.etaSeconds,
      previews: hasEnded(job) ? {} : view.previews,
    };
  }
  const { column = 0, previews } = event;
  return {
    ...view,
    progress: event.progress,
    etaSeconds: event.etaSeconds,
    previews: previews ? { ...view.previews, [column]: previews } : view.previews,
  };
}

export function hasEnded(job: Job): boolean {
  return job.state === 'done' || job.state === 'failed' || job.state === 'cancelled';
}

/** 0 to 1. */
export function fraction(progress: JobProgress | undefined): number {
  return progress && progress.total > 0 ? Math.min(1, progress.done / progress.total) : 0;
}

/**
 * Jobs whose events are to be followed besides those that are: the next ones in the queue, so few that a browser, which opens
 * six connections to a server, has some left.
 */
export function nextToFollow(views: readonly JobView[], followed: ReadonlySet<string>, most = 2): string[] {
  const waiting = views.filter(
    ({ job, error }) => !hasEnded(job) && error === undefined && !followed.has(job.id),
  );
  const inTurn = waiting.map(({ job }) => job.id).sort();
  return inTurn.slice(0, Math.max(0, most - followed.size));
}
