/**
 * Fetches what a plan says, two files at once. Files that are there with the right content stay as they are; a pull that
 * stopped goes on where it was.
 */
import { mkdir, open, statfs } from 'node:fs/promises';
import { channel } from '../channel.ts';
import { systemCode, unreadable } from '../checkpoint/file.ts';
import type { HubError } from '../errors.ts';
import { holds } from './checksum.ts';
import { download, noSpace, writing } from './download.ts';
import { type Manifest, writeManifest } from './manifest.ts';
import { notOurs, type PlannedFile, type PullPlan } from './plan.ts';

export type PullEvent =
  /** So many more bytes of the model are there; negative when they had to be fetched again. */
  | { readonly kind: 'bytes'; readonly count: number }
  /** A file was there already, or has come. */
  | { readonly kind: 'file'; readonly path: string; readonly fetched: boolean }
  /** Something failed that is tried again after a while. */
  | { readonly kind: 'wait'; readonly error: HubError; readonly milliseconds: number };

export interface PullOptions {
  readonly signal?: AbortSignal;
}

const atOnce = 2;

/** Throws HubError, or the signal's reason when it is aborted; the folder then keeps what has come. */
export async function* pull(
  plan: PullPlan,
  { signal }: PullOptions = {},
): AsyncGenerator<PullEvent, void, void> {
  const events = channel<PullEvent>();
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  try {
    yield* events.until(fetchAll(plan, either, (event) => events.push(event)));
  } finally {
    stop.abort();
  }
}

type Tell = (event: PullEvent) => void;

async function fetchAll(plan: PullPlan, signal: AbortSignal, tell: Tell): Promise<void> {
  const { folder, files } = plan;
  await writing(folder, () => mkdir(folder, { recursive: true }));
  await checkSpace(plan);
  await writeManifest(folder, manifestOf(plan, false));
  const last = files.at(-1)!;
  await inParallel(files.slice(0, -1), signal, (file, either) => fetchFile(plan, file, either, tell));
  await fetchFile(plan, last, signal, tell);
  await writeManifest(folder, manifestOf(plan, true));
}

async function fetchFile(plan: PullPlan, file: PlannedFile, signal: AbortSignal, tell: Tell): Promise<void> {
  const { path } = file;
  const onBytes = (count: number) => tell({ kind: 'bytes', count });
  signal.throwIfAborted();
  if (await isWhole(file, signal, onBytes)) return tell({ kind: 'file', path, fetched: false });
  const onWait = (error: HubError, milliseconds: number) => tell({ kind: 'wait', error, milliseconds });
  await download(plan.repo, file, { signal, onBytes, onWait });
  tell({ kind: 'file', path, fetched: true });
}

/** Whether the file is there as it should be. Throws HubError if it is another one, and not ours to replace. */
async function isWhole(
  file: PlannedFile,
  signal: AbortSignal,
  onBytes: (count: number) => void,
): Promise<boolean> {
  const handle = await open(file.destination).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw unreadable(file.destination, cause);
  });
  if (handle === undefined) return false;
  let read = 0;
  try {
    const count = (bytes: number) => {
      read += bytes;
      onBytes(bytes);
    };
    if (await holds(handle, file, { signal, onBytes: count })) return true;
  } finally {
    await handle.close();
  }
  onBytes(-read);
  if (file.ours) return false;
  throw notOurs(file.destination);
}

async function checkSpace({ folder, files }: PullPlan): Promise<void> {
  const missing = files.reduce((sum, { size, present }) => sum + size - present, 0);
  const { bavail, bsize } = await statfs(folder);
  if (missing > bavail * bsize) throw noSpace(folder);
}

/** Files of earlier pulls stay in it. Until all is checked, one that nobody knows is not ours. */
function manifestOf({ repo, files, previous }: PullPlan, complete: boolean): Manifest {
  const { id, revision, commit } = repo;
  const these = files
    .filter(({ ours }) => ours || complete)
    .map(({ path, size, checksum }) => [path, { commit, size, checksum }]);
  return {
    repo: id,
    revision,
    commit,
    complete,
    files: { ...previous?.files, ...Object.fromEntries(these) },
  };
}

/** Works on a few items at once. When one fails the others are stopped, and the first error is thrown. */
async function inParallel<Item>(
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const waiting = [...items];
  const failures: unknown[] = [];
  const one = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item, either);
  };
  const workers = Array.from({ length: atOnce }, () =>
    one().catch((error) => {
      failures.push(error);
      stop.abort();
    }),
  );
  await Promise.all(workers);
  if (failures.length > 0) throw failures[0];
}
