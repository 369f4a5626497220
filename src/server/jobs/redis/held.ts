/**
 * A job in the hands of this process: its lease is renewed until it is given back, and every way to give it back is checked
 * against the lease, so that of two that believe to run a job only one can end it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Job as BullJob } from 'bullmq';
import { QueueUnavailableError } from '../../errors.ts';
import type { Outcome } from '../record.ts';
import { reaching } from './connection.ts';
import type { Ending, JobData } from './jobs.ts';

export type LeasedJob = BullJob<JobData, Ending>;

export interface Held {
  readonly id: string;
  readonly job: LeasedJob;
  readonly began: Date;
  /** Begun so often, this time too. */
  readonly attempts: number;
  /** Aborted when it is cancelled, and when the lease was lost. */
  readonly stop: AbortController;
  /** Gives the lease up without a word: the job is given to another one when it has run out. */
  drop(): void;
  /** How the job ended, if it was ours to end. */
  end(outcome: Outcome): Promise<boolean>;
  /** It waits before all others, if it was ours to put back. `counted`: whether the attempt counts. */
  putBack(counted: boolean): Promise<boolean>;
}

export interface Lease {
  readonly token: string;
  /** Milliseconds. */
  readonly duration: number;
  /** Whether somebody wants it cancelled. */
  readonly isCancelled: () => Promise<boolean>;
  /** Notes that an attempt does not count. */
  readonly callOff: () => Promise<unknown>;
  readonly log: (text: string) => void;
}

/** Milliseconds between attempts to reach Redis. */
const again = 250;

export function hold(job: LeasedJob, calledOff: number, lease: Lease): Held {
  const { token, duration, isCancelled, callOff, log } = lease;
  const id = job.id as string;
  const stop = new AbortController();
  let lost = false;
  let renewed = Date.now();

  async function renew(): Promise<void> {
    const asked = Date.now();
    const kept = await job.extendLock(token, duration);
    if (kept === 1) renewed = asked;
    else lose();
    if (!stop.signal.aborted && (await isCancelled())) stop.abort();
  }

  /** Somebody else has it, or will have it soon. */
  function lose(): void {
    if (lost) return;
    lost = true;
    log(`job ${id}: another process has taken it over.`);
    drop();
    stop.abort();
  }

  const timer = setInterval(() => renew().catch(() => {}), duration / 3);
  const drop = () => clearInterval(timer);

  /** Does it, again and again while Redis is away, but no longer than the lease lasts. False if the job is not ours any more. */
  async function give(work: () => Promise<unknown>): Promise<boolean> {
    while (!lost) {
      try {
        await reaching(work);
        drop();
        return true;
      } catch (error) {
        if (isLost(error) || Date.now() - renewed > duration) lose();
        else if (error instanceof QueueUnavailableError) await pause(again);
        else throw error;
      }
    }
    return false;
  }

  const began = new Date(job.processedOn ?? Date.now());
  return {
    ...{ id, job, began, stop, drop },
    attempts: job.attemptsStarted - calledOff,
    end: (outcome) =>
      give(() => job.moveToCompleted({ ...outcome, startedAt: began.toISOString() }, token, false)),
    async putBack(counted) {
      if (!counted) await give(callOff);
      return give(() => job.moveToWait(token));
    },
  };
}

/** BullMQ's answers where a lock is not there, is another's, or the job is not active: -2, -6, -3; -1 where it is gone. */
function isLost(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' && code < 0;
}
