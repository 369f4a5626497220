/**
 * What several processes do together in words of a training: share rows, agree to stop, let the first one write.
 */
import { hostname } from 'node:os';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { bytesOf } from '../../checkpoint/dtype.ts';
import { ConfigError, RuntimeError } from '../../errors.ts';
import type { Student, StudentSnapshot } from '../student.ts';
import type { Collective } from './collective.ts';

/**
 * What of `rows` this process computes; nothing, where there are fewer rows than processes. Rows lie sorted by length: each
 * process takes some of all lengths, so that all need the same time.
 */
export function shareOf<Row>(rows: readonly Row[], { rank, size }: Collective): readonly Row[] {
  return size === 1 ? rows : rows.filter((_, i) => i % size === rank);
}

/** Is it so in any process? All get the same answer. */
export async function anywhere(collective: Collective, here: boolean): Promise<boolean> {
  const flag = Float64Array.of(here ? 1 : 0);
  await collective.max(flag);
  return flag[0] !== 0;
}

/** Of each array the values of all processes, those of process 0 first, and where this one's begin among them. */
export async function gathered<Values extends readonly (Float32Array | Float64Array)[]>(
  collective: Collective,
  ...arrays: Values
): Promise<{ [At in keyof Values]: { readonly all: Values[At]; readonly from: number } }> {
  const { rank, size } = collective;
  const lengths = new Float64Array(size * arrays.length);
  arrays.forEach((values, i) => {
    lengths[i * size + rank] = values.length;
  });
  await collective.sum(lengths);
  const total = (begin: number, end: number) =>
    lengths.subarray(begin, end).reduce((sum, count) => sum + count, 0);
  const results = arrays.map((values, i) => {
    const Kind = values.constructor as new (length: number) => Float32Array | Float64Array;
    const [all, from] = [new Kind(total(i * size, (i + 1) * size)), total(i * size, i * size + rank)];
    all.set(values, from);
    return { all, from };
  });
  await collective.sum(...results.map(({ all }) => all));
  return results as { [At in keyof Values]: { readonly all: Values[At]; readonly from: number } };
}

/** Runs `work` in process 0; all get its value, which must be one that `structuredClone` takes. */
export async function byFirst<Value>(collective: Collective, work: () => Promise<Value>): Promise<Value> {
  if (collective.size === 1) return work();
  const value = collective.rank === 0 ? await work() : undefined;
  const bytes = collective.rank === 0 ? serialize(value) : new Uint8Array();
  const length = new Float64Array([bytes.length]);
  await collective.broadcast(bytesOf(length));
  const all = collective.rank === 0 ? bytes : new Uint8Array(length[0]!);
  await collective.broadcast(all);
  return deserialize(all) as Value;
}

/**
 * Runs `work`, which makes files where they are missing, in process 0, then in the first process of each machine, then in
 * the others: with a common folder it is done once, without one once a machine. After process 0, `work` is told what
 * `noteOf` says of its value, so that it can know the files when it finds them.
 */
export async function* inTurn<Event, Value, Note>(
  collective: Collective,
  work: (first: Note | undefined) => AsyncGenerator<Event, Value, void>,
  noteOf: (value: Value) => Note,
): AsyncGenerator<Event, Value, void> {
  if (collective.rank === 0) {
    const value = yield* work(undefined);
    await byFirst(collective, async () => noteOf(value));
    await collective.barrier();
    return value;
  }
  const first = await byFirst<Note>(collective, notHere);
  if (collective.localRank > 0) await collective.barrier();
  const value = yield* work(first);
  if (collective.localRank === 0) await collective.barrier();
  return value;
}

async function notHere(): Promise<never> {
  throw new RuntimeError('Only process 0 does this.', 'This is a defect to report.');
}

/** Throws ConfigError in a process in which `value` is not as in process 0; `what` names it. */
export async function checkSame(collective: Collective, what: string, value: string): Promise<void> {
  const first = await byFirst(collective, async () => value);
  if (first === value) return;
  throw new ConfigError(
    `${what} of process ${collective.rank} on ${hostname()} is another than that of process 0.`,
    'Give all machines the same files, under the same paths, and the same version of this program.',
  );
}

/** Overwrites what the student has learnt with that of process 0. */
export async function shareState(
  collective: Collective,
  student: Pick<Student, 'snapshot' | 'restore'>,
): Promise<void> {
  if (collective.size === 1) return;
  // Its arrays are overwritten in place: where they are views of the state, it has them already.
  const { parameters, ...own } = await student.snapshot();
  const numbers = await byFirst(collective, async () => own);
  for (const { parameter, firstMoment, secondMoment } of parameters) {
    for (const values of [parameter, firstMoment, secondMoment]) await collective.broadcast(bytesOf(values));
  }
  student.restore({ ...numbers, parameters });
}

/**
 * Makes sure, by a checksum of the parameters, that all processes have the same student. Throws RuntimeError, in all of
 * them, if not.
 */
export async function checkState(
  collective: Collective,
  { parameters, step }: StudentSnapshot,
): Promise<void> {
  if (collective.size === 1) return;
  const sum = parameters.reduce((crc, { parameter }) => crc32(bytesOf(parameter), crc), 0);
  const extremes = Float64Array.of(sum, -sum);
  await collective.max(extremes);
  if (extremes[0] === -extremes[1]!) return;
  throw new RuntimeError(
    `The students of the ${collective.size} processes are no longer the same at step ${step}.`,
    'A machine computes wrongly, or another version of this program: check them, and start again; the last checkpoint is whole.',
  );
}
