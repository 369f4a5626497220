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

/** The values of all processes, those of process 0 first, and where this one's begin among them. */
export async function gathered<Values extends Float32Array | Float64Array>(
  collective: Collective,
  values: Values,
): Promise<{ readonly all: Values; readonly from: number }> {
  const { rank, size } = collective;
  if (size === 1) return { all: values, from: 0 };
  const lengths = new Float64Array(size);
  lengths[rank] = values.length;
  await collective.sum(lengths);
  const total = (counts: Float64Array) => counts.reduce((sum, count) => sum + count, 0);
  const [all, from] = [
    new (values.constructor as new (length: number) => Values)(total(lengths)),
    total(lengths.subarray(0, rank)),
  ];
  all.set(values, from);
  await collective.sum(all);
  return { all, from };
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
