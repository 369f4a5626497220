/**
 * The jobs that this page watches. A reload finds them again: those that wait or run are asked for, and a job that the
 * address names is fetched.
 */
import { computed, signal } from '@preact/signals';
import type { JobRequestInput } from '../../../src/server/contract/drawing.ts';
import type { Job, JobEvent } from '../../../src/server/contract/job.ts';
import { follow, openEvents } from '../api/events.ts';
import * as api from '../api/routes.ts';
import { afterEvent, hasEnded, type JobView, nextToFollow, viewOf } from './jobView.ts';

const views = signal<Readonly<Record<string, JobView>>>({});
const followed = new Set<string>();
const endings = new Set<(job: Job) => void>();

/** Newest first: ids sort by time. */
export const watchedJobs = computed(() =>
  Object.values(views.value).sort((a, b) => (a.job.id < b.job.id ? 1 : -1)),
);
export const jobView = (id: string | undefined): JobView | undefined => (id ? views.value[id] : undefined);

/** Calls back with every job that ends while it is watched; returns what takes that back. */
export function onJobEnd(callback: (job: Job) => void): () => void {
  endings.add(callback);
  return () => void endings.delete(callback);
}

export async function submit(request: JobRequestInput): Promise<Job> {
  const job = await api.startJob(request);
  watch(job);
  return job;
}

export async function cancel(id: string): Promise<void> {
  const job = await api.cancelJob(id);
  update(id, (view) => afterEvent(view, { kind: 'job', job }));
}

/** Fetches a job that the address names, unless it is watched already. */
export async function recall(id: string): Promise<void> {
  if (views.value[id]) return;
  watch(await api.job(id));
}

/** Watches again what waits or runs. */
export async function restore(): Promise<void> {
  const { jobs } = await api.jobs(['queued', 'running']);
  for (const job of jobs) watch(job);
}

function watch(job: Job): void {
  const known = views.value[job.id];
  // What events told is newer than any list.
  if (!known) views.value = { ...views.value, [job.id]: viewOf(job) };
  else if (!followed.has(job.id) && !hasEnded(known.job)) update(job.id, (view) => ({ ...view, job }));
  followNext();
}

function followNext(): void {
  for (const id of nextToFollow(watchedJobs.value, followed)) followJob(id);
}

function followJob(id: string): void {
  followed.add(id);
  follow<JobEvent>({
    open: (signal) => openEvents(api.jobEvents(id), signal),
    signal: new AbortController().signal,
    onConnection: (connected) => update(id, (view) => ({ ...view, connected })),
    onEvent(event) {
      update(id, (view) => afterEvent(view, event));
      const ended = event.kind === 'job' && hasEnded(event.job);
      if (ended) for (const callback of endings) callback(event.job);
      return ended;
    },
  })
    .catch((error: unknown) => update(id, (view) => ({ ...view, error })))
    .finally(() => {
      followed.delete(id);
      followNext();
      // Those behind have moved up.
      if (watchedJobs.value.some(({ job }) => job.state === 'queued')) restore().catch(() => undefined);
    });
}

function update(id: string, change: (view: JobView) => JobView): void {
  const view = views.value[id];
  if (view) views.value = { ...views.value, [id]: change(view) };
}
