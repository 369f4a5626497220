/**
 * What holds for a queue of jobs whatever is done to it: no job is lost, none goes where it may not, what has ended stays as
 * it is, jobs are begun in their order and twice at most.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Job } from '../../contract/job.ts';
import { QueueFullError } from '../../errors.ts';
import type { JobQueue, TakenJob } from '../queue.ts';
import { mostAttempts } from '../record.ts';
import type { OpenedQueue } from './conformance.ts';
import { failure, never, request, result } from './samples.ts';

interface Plain {
  readonly kind: 'add' | 'take' | 'restart';
}

/** On one of the jobs that are there, or that run. */
interface Aimed {
  readonly kind: 'cancel' | 'done' | 'failed' | 'cancelled' | 'died' | 'release';
  readonly which: number;
}

type Operation = Plain | Aimed;

const kinds = ['cancel', 'done', 'failed', 'cancelled', 'died', 'release'] as const;

export const operations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Operation>[]>(
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('add' as const, 'take' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom(...kinds), which: fc.nat(7) }) },
  ),
  { minLength: 1, maxLength: 25 },
);

export const mostWaiting = 4;

const allowed: Readonly<Record<Job['state'], readonly Job['state'][]>> = {
  queued: ['queued', 'running', 'failed', 'cancelled'],
  running: ['running', 'queued', 'done', 'failed', 'cancelled'],
  done: ['done'],
  failed: ['failed'],
  cancelled: ['cancelled'],
};

/** What is known of the queue from outside. */
interface World {
  readonly opened: OpenedQueue;
  queue: JobQueue;
  running: TakenJob[];
  readonly known: Map<string, Job>;
  readonly begun: Map<string, number>;
}

export async function lawsHold(opened: OpenedQueue, some: readonly Operation[]): Promise<void> {
  const world: World = { opened, queue: opened.queue, running: [], known: new Map(), begun: new Map() };
  for (const one of some) {
    if ('which' in one) await aim(world, one);
    else await act(world, one);
    await check(world);
  }
  await world.queue.close();
}

async function act(world: World, { kind }: Plain): Promise<void> {
  const { known, begun } = world;
  if (kind === 'add') {
    const added = await world.queue.add(request()).catch((error) => error as Error);
    if ('state' in added) known.set(added.id, added);
    else expect(added).toBeInstanceOf(QueueFullError);
  } else if (kind === 'take') {
    const first = [...known.values()].find(({ position }) => position === 0);
    if (!first) return;
    const taken = await take(world.queue);
    expect(taken.id).toBe(first.id);
    world.running.push(taken);
    begun.set(taken.id, (begun.get(taken.id) ?? 0) + 1);
    expect(begun.get(taken.id)).toBeLessThanOrEqual(mostAttempts);
  } else {
    world.queue = await world.opened.restart();
    world.running = [];
  }
}

async function aim({ queue, running, known, begun }: World, { kind, which }: Aimed): Promise<void> {
  if (kind === 'cancel') {
    const ids = [...known.keys()];
    if (ids.length > 0) await queue.cancel(ids[which % ids.length] as string);
    return;
  }
  const [taken] = running.splice(which % Math.max(1, running.length), 1);
  if (!taken) return;
  if (kind === 'release') begun.set(taken.id, (begun.get(taken.id) ?? 0) - 1);
  if (kind === 'done') await taken.done(result);
  else if (kind === 'failed') await taken.failed(failure);
  else await taken[kind]();
}

async function check({ queue, running, known }: World): Promise<void> {
  const jobs = await queue.list({ limit: 1000 });
  const idsOf = (some: Iterable<{ readonly id: string }>) => [...some].map(({ id }) => id).sort();
  expect(idsOf(jobs)).toEqual(idsOf(known.values()));
  for (const job of jobs) {
    const before = known.get(job.id) as Job;
    expect(allowed[before.state]).toContain(job.state);
    if (before.endedAt !== undefined) expect(job).toEqual(before);
    known.set(job.id, job);
  }
  const inState = (wanted: Job['state']) => jobs.filter(({ state }) => state === wanted);
  const positions = inState('queued').map(({ position }) => position ?? -1);
  expect(positions.sort((a, b) => a - b)).toEqual([...positions.keys()]);
  expect(idsOf(inState('running'))).toEqual(idsOf(running));
  const counts = { queued: positions.length, running: running.length };
  expect(await queue.stats()).toEqual({ ...counts, limit: mostWaiting });
}

/** The next job; throws where the queue has none to give. */
export async function take(queue: JobQueue): Promise<TakenJob> {
  const taken = await queue.take(never);
  if (!taken) throw new Error('The queue is closed.');
  return taken;
}
