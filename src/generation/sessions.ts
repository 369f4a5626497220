/**
 * Sessions that are compiled when they are first needed and kept: one for each size of picture, since shapes are
 * fixed in a graph. Knows no model.
 */
import type { Session } from '../runtime/session.ts';

export interface Sessions {
  /** Runs `task` with the session of a size, which is opened where it is not there. */
  use<Result>(height: number, width: number, task: (session: Session) => Promise<Result>): Promise<Result>;
  /** Disposes of all, once nobody uses them any more. */
  dispose(): Promise<void>;
}

interface Kept {
  readonly session: Promise<Session>;
  readonly running: Set<Promise<unknown>>;
}

/**
 * Keeps `capacity` sessions, each of which holds all weights of its model: before another is opened, the one that was
 * used least lately is disposed of, unless it is in use. One that could not be opened is tried again the next time.
 */
export function sessionsBySize(
  open: (height: number, width: number) => Promise<Session>,
  capacity = 2,
): Sessions {
  // A Map keeps the order of insertion: the first is the one that was used least lately.
  const kept = new Map<string, Kept>();

  /** Takes out what has to go for one more to fit. */
  function surplus(): Kept[] {
    const idle = [...kept].filter(([, entry]) => entry.running.size === 0);
    const chosen = idle.slice(0, Math.max(0, kept.size + 1 - capacity));
    for (const [key] of chosen) kept.delete(key);
    return chosen.map(([, entry]) => entry);
  }

  function openEntry(key: string, height: number, width: number): Kept {
    const room = Promise.all(surplus().map(close));
    const entry: Kept = { session: room.then(() => open(height, width)), running: new Set() };
    entry.session.catch(() => kept.get(key) === entry && kept.delete(key));
    return entry;
  }

  function take(height: number, width: number): Kept {
    const key = `${height}x${width}`;
    const entry = kept.get(key) ?? openEntry(key, height, width);
    kept.delete(key);
    kept.set(key, entry);
    return entry;
  }

  return {
    async use(height, width, task) {
      const { session, running } = take(height, width);
      const result = session.then(task);
      running.add(result);
      return result.finally(() => running.delete(result));
    },
    async dispose() {
      const all = [...kept.values()];
      kept.clear();
      await Promise.all(all.map(close));
    },
  };
}

async function close({ session, running }: Kept): Promise<void> {
  await Promise.allSettled(running);
  await session.then(
    (opened) => opened.dispose(),
    () => {},
  );
}
