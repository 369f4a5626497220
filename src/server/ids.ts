/**
 * Names of jobs and pictures: they sort by time, hold no character that a path or an address could trip over, and cannot be
 * guessed.
 */
import { randomBytes } from 'node:crypto';

/** What an id looks like: nothing else from a request is ever part of a file's name. */
export const idPattern = /^[0-9a-z]{20}$/;

const base = 36;
let last = 0;
let count = 0;

/** Nine characters of milliseconds, three that count within one, eight at random. Later ids sort after earlier ones. */
export function newId(now = Date.now()): string {
  const time = Math.max(now, last);
  count = time === last ? count + 1 : 0;
  // A millisecond that is full lends from the next one.
  if (count === base ** 3) [last, count] = [time + 1, 0];
  else last = time;
  return last.toString(base).padStart(9, '0') + count.toString(base).padStart(3, '0') + randomPart();
}

/** Of a job's picture number `index`: always the same, and it sorts by the time of the job. */
export function pictureId(job: string, index: number): string {
  return job.slice(0, 12) + index.toString(base).padStart(2, '0') + job.slice(14);
}

function randomPart(): string {
  return (randomBytes(6).readUIntBE(0, 6) % base ** 8).toString(base).padStart(8, '0');
}
