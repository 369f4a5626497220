/**
 * When a job will have ended, from how long the last ones took. Knows no queue.
 */
import type { JobRequest } from '../contract/drawing.ts';
import type { JobProgress } from '../contract/job.ts';

export interface Pace {
  /** A job of this kind has taken so long. */
  learn(kind: JobRequest['kind'], seconds: number): void;
  /** Seconds that a job of this kind takes; undefined before any has ended. */
  usual(kind: JobRequest['kind']): number | undefined;
}

/** How many of the last jobs count. */
const remembered = 10;

export function createPace(): Pace {
  const last: { kind: JobRequest['kind']; seconds: number }[] = [];
  return {
    learn(kind, seconds) {
      last.push({ kind, seconds });
      if (last.length > remembered) last.shift();
    },
    usual(kind) {
      const alike = last.filter((one) => one.kind === kind);
      const counted = alike.length > 0 ? alike : last;
      return counted.length === 0
        ? undefined
        : counted.reduce((sum, { seconds }) => sum + seconds, 0) / counted.length;
    },
  };
}

/**
 * Seconds that a running job still takes: by its own pace while it draws, else by the usual one. A diagnosis counts each of its
 * stages by itself and has no pace of its own.
 */
export function remaining(
  kind: JobRequest['kind'],
  elapsed: number,
  progress: JobProgress | undefined,
  usual: number | undefined,
): number | undefined {
  const { stage, done = 0, total = 0 } = progress ?? {};
  const paced = kind !== 'diagnose' && stage !== 'opening' && done > 0 && total >= done;
  if (paced) return (elapsed / done) * (total - done);
  return usual === undefined ? undefined : Math.max(0, usual - elapsed);
}
