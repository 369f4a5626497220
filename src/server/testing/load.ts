/**
 * Many clients at once, by real sockets: each asks for a picture and waits for it, cancels it, or hangs up. A seed decides who
 * does what, so that a run can be repeated.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { randomStream } from '../../random/stream.ts';
import type { Picture } from '../contract/gallery.ts';
import type { Job, JobEvent } from '../contract/job.ts';
import { readEvents } from './server.ts';

export interface LoadOptions {
  readonly url: string;
  readonly clients: number;
  readonly seed: number;
  /** Of each picture. */
  readonly steps: number;
  /** After each job that has ended for a client that waited. */
  readonly onEnd?: (ended: number) => void;
}

export interface LoadResult {
  /** Ids of all jobs that were accepted. */
  readonly accepted: readonly string[];
  readonly ends: Readonly<Record<'done' | 'failed' | 'cancelled', number>>;
  /** Answers 429, all of which said when to come back. */
  readonly refusals: number;
  /** Seconds from the answer 202 to the end, of those that waited. */
  readonly waits: readonly number[];
  /** What should not be, in words; empty if all is well. */
  readonly wrong: readonly string[];
}

type Behaviour = 'waits' | 'cancels' | 'hangs up';

/** Three of five wait. */
const behaviours: readonly Behaviour[] = ['waits', 'waits', 'waits', 'cancels', 'hangs up'];

/** Milliseconds. */
const longestStay = 1500;
const longestEnd = 600_000;

export async function load({
  url,
  clients,
  seed,
  steps,
  onEnd = () => {},
}: LoadOptions): Promise<LoadResult> {
  const accepted: string[] = [];
  const waits: number[] = [];
  const wrong: string[] = [];
  let refusals = 0;

  async function accept(prompt: string): Promise<string> {
    for (;;) {
      const body = JSON.stringify({ kind: 'generate', prompt, steps, previewEvery: 1 });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/api/jobs`, { method: 'POST', headers, body });
      const answer = (await response.json()) as Job;
      if (response.status === 202) {
        accepted.push(answer.id);
        return answer.id;
      }
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      if (response.status !== 429 || !(seconds > 0))
        throw new Error(`${response.status} ${JSON.stringify(answer)}`);
      refusals++;
      await pause(1000 * seconds);
    }
  }

  async function client(index: number): Promise<void> {
    const random = randomStream(seed, 'load', index).uniform;
    await pause(random() * longestStay);
    const id = await accept(`${index} 빨간 사과`);
    const began = performance.now();
    const behaviour = behaviours[Math.floor(random() * behaviours.length)] as Behaviour;
    if (behaviour === 'hangs up') return hangUpAfter(url, id, random() * longestStay);
    if (behaviour === 'cancels') {
      await pause(random() * longestStay);
      await fetch(`${url}/api/jobs/${id}`, { method: 'DELETE' });
    }
    const events: JobEvent[] = [];
    for await (const event of readEvents(url, id)) events.push(event);
    const ends = events.filter((event) => event.kind === 'job' && event.job.endedAt !== undefined);
    if (ends.length !== 1) wrong.push(`${id}: who listened heard of ${ends.length} ends`);
    if (behaviour === 'waits') waits.push((performance.now() - began) / 1000);
    onEnd(waits.length);
  }

  await Promise.all(Array.from({ length: clients }, (_, i) => client(i)));
  const jobs = await Promise.all(accepted.map((id) => endOfJob(url, id)));
  const ends = { done: 0, failed: 0, cancelled: 0 };
  for (const [i, job] of jobs.entries()) {
    if (job?.state === 'done' || job?.state === 'failed' || job?.state === 'cancelled') ends[job.state]++;
    else wrong.push(`${accepted[i]}: ${job ? `still ${job.state}` : 'lost'}`);
    if (job?.state === 'failed' && !job.failure?.problem) wrong.push(`${job.id}: failed without a reason`);
  }
  const done = new Set(jobs.flatMap((job) => (job?.state === 'done' ? [job.id] : [])));
  wrong.push(...(await checkPictures(url, done)));
  if (new Set(accepted).size !== clients) wrong.push(`${new Set(accepted).size} jobs for ${clients} clients`);
  return { accepted, ends, refusals, waits, wrong };
}

async function hangUpAfter(url: string, id: string, milliseconds: number): Promise<void> {
  const gone = AbortSignal.timeout(Math.ceil(milliseconds));
  try {
    const response = await fetch(`${url}/api/jobs/${id}/events`, { signal: gone });
    await response.text();
  } catch (error) {
    if (!gone.aborted) throw error;
  }
}

/** Undefined for a job that is not there. */
async function endOfJob(url: string, id: string): Promise<Job | undefined> {
  const last = performance.now() + longestEnd;
  for (;;) {
    const response = await fetch(`${url}/api/jobs/${id}`);
    if (!response.ok) return undefined;
    const job = (await response.json()) as Job;
    if (job.endedAt !== undefined || performance.now() > last) return job;
    await pause(250);
  }
}

/** Each job that is done has one picture. */
async function checkPictures(url: string, done: ReadonlySet<string>): Promise<string[]> {
  const counts = new Map([...done].map((id) => [id, 0]));
  let before = '';
  for (;;) {
    const response = await fetch(`${url}/api/pictures?limit=500${before && `&before=${before}`}`);
    const { pictures } = (await response.json()) as { pictures: Picture[] };
    for (const { job } of pictures) if (counts.has(job)) counts.set(job, (counts.get(job) ?? 0) + 1);
    if (pictures.length < 500) break;
    before = pictures.at(-1)?.id ?? '';
  }
  return [...counts].filter(([, count]) => count !== 1).map(([id, count]) => `${id}: ${count} pictures`);
}
