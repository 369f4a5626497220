/**
 * Trying again what failed for a reason that passes: a dropped connection, a busy server.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HubError } from '../errors.ts';

export interface RetryOptions {
  /** How long to wait before each further attempt, in milliseconds; their number is that of the further attempts. */
  readonly waits?: readonly number[];
  readonly signal?: AbortSignal | undefined;
  /** How far the work is; attempts count anew when one came further. */
  readonly reached?: () => number;
  /** Told before each wait. */
  readonly onWait?: ((error: HubError, milliseconds: number) => void) | undefined;
}

export const usualWaits: readonly number[] = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000];

/** A server that asks to wait longer than this is not waited for. */
const longestWait = 300_000;

/** Throws the last error when no attempt is left, others at once, and the signal's reason when it is aborted. */
export async function withRetries<Result>(
  work: () => Promise<Result>,
  { waits = usualWaits, signal, reached = () => 0, onWait }: RetryOptions = {},
): Promise<Result> {
  let failures = 0;
  for (;;) {
    const before = reached();
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof HubError) || !passes(error)) throw error;
      if (reached() > before) failures = 0;
      const wait = waits[failures++];
      const asked = error.retryAfter * 1000;
      if (wait === undefined || asked > longestWait) throw error;
      const milliseconds = Math.max(wait, asked);
      onWait?.(error, milliseconds);
      await sleep(milliseconds, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
    }
  }
}

function passes({ reason }: HubError): boolean {
  return reason === 'connection' || reason === 'busy';
}
