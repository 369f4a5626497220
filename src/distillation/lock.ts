/**
 * One training at a time in a run's folder: `lock.json` names the process that works there. A lock whose process is gone
 * is taken over.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode } from '../checkpoint/file.ts';
import { CheckpointError, ConfigError } from '../errors.ts';

export const lockFile = 'lock.json';

interface Owner {
  readonly pid: number;
  readonly host: string;
}

/** Gives the folder back. */
export type Release = () => Promise<void>;

/** What this process holds: its own number in a lock means a process before it, unless the folder is here. */
const held = new Set<string>();

export interface LockOptions {
  /** Milliseconds to wait for a process that is about to end; 5,000 when left out. */
  readonly patience?: number;
}

/**
 * Takes the folder, which is made where it is missing. Throws ConfigError if another process works there, CheckpointError
 * if the file system refuses.
 */
export async function lockFolder(folder: string, { patience = 5000 }: LockOptions = {}): Promise<Release> {
  const path = resolve(folder, lockFile);
  const deadline = Date.now() + patience;
  for (;;) {
    if (await takeHere(path)) break;
    const owner = await readOwner(path);
    if (owner === undefined) continue;
    if (!works(owner, path)) await removeStale(path, owner);
    else if (Date.now() >= deadline) throw taken(folder, owner);
    else await sleep(100);
  }
  return async () => {
    await rm(path, { force: true });
    held.delete(path);
  };
}

/** Whether somebody trains in the folder; `abandoned`: whoever did is gone and has not given it back. */
export async function lockState(folder: string): Promise<'free' | 'held' | 'abandoned'> {
  const path = resolve(folder, lockFile);
  const owner = await readOwner(path);
  if (owner === undefined) return 'free';
  return works(owner, path) ? 'held' : 'abandoned';
}

async function takeHere(path: string): Promise<boolean> {
  if (held.has(path)) return false;
  held.add(path);
  let taken = false;
  try {
    taken = await take(path);
  } finally {
    if (!taken) held.delete(path);
  }
  return taken;
}

/** Makes the file with its content at once, or not if there is one. */
async function take(path: string): Promise<boolean> {
  const owner: Owner = { pid: process.pid, host: hostname() };
  const temporary = join(path, '..', `.lock.${process.pid}-${randomBytes(4).toString('hex')}.partial`);
  try {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(temporary, JSON.stringify(owner));
    await link(temporary, path);
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw new CheckpointError(
      `${path} cannot be written: ${(cause as Error).message}.`,
      'Check the free space and the permissions of its folder.',
      { cause },
    );
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Undefined if the lock is gone, or no lock of ours. */
async function readOwner(path: string): Promise<Owner | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Owner);
}

function works({ pid, host }: Owner, path: string): boolean {
  // What goes on at another machine cannot be seen from here.
  if (host !== hostname()) return true;
  if (pid === process.pid) return held.has(path);
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return systemCode(cause) === 'EPERM';
  }
}

/** Two processes may see the same stale lock: whoever then moves away a new one puts it back. */
async function removeStale(path: string, { pid, host }: Owner): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readOwner(aside);
  if (moved?.pid !== pid || moved.host !== host) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}

function taken(folder: string, { pid, host }: Owner): ConfigError {
  const here = host === hostname();
  return new ConfigError(
    `Process ${pid}${here ? '' : ` on ${host}`} is training in ${folder}.`,
    here
      ? 'Let it finish or stop it; or give the experiment another name.'
      : `Let it finish; if it is over, delete ${join(folder, lockFile)}.`,
  );
}
