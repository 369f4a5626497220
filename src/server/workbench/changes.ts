/**
 * When to look at a folder again: soon after something changed in it, and now and then in any case, since not every file
 * system tells of changes.
 */
import { type FSWatcher, watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChangesOptions {
  readonly signal: AbortSignal;
  /** Milliseconds after which to look in any case; 1,000 by default. */
  readonly every?: number;
}

/** Changes come in bursts: what follows within so many milliseconds is looked at together. */
const burstMs = 250;

/** Yields at once, and whenever it is time to look again; returns when the signal comes. */
export async function* changes(
  folder: string,
  { signal, every = 1000 }: ChangesOptions,
): AsyncGenerator<void, void, void> {
  let changed = new AbortController();
  const watcher = tryWatch(folder, () => changed.abort());
  try {
    while (!signal.aborted) {
      changed = new AbortController();
      yield;
      await pause(every, AbortSignal.any([changed.signal, signal]));
      await pause(burstMs, signal);
    }
  } finally {
    watcher?.close();
  }
}

/** Undefined where the system cannot watch, or watches too many already. */
function tryWatch(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    // A watch that ends by itself leaves the looking now and then.
    return watch(folder, { persistent: false }, onChange).on('error', () => {});
  } catch {
    return undefined;
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
