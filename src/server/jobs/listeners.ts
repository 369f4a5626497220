/**
 * Who listens to which job. A listener that reads slowly has one waiting step for each column and the waiting changes of
 * state: what it costs is bounded, and what it misses are steps.
 */
import type { JobEvent } from '../contract/job.ts';

export interface Listeners {
  has(id: string): boolean;
  /** Ids that somebody listens to. */
  ids(): string[];
  tell(id: string, event: JobEvent): void;
  /** What is told of `id` from now on, until the signal or `end`. */
  hear(id: string, signal: AbortSignal): AsyncGenerator<JobEvent, void, void>;
  /** No more of this job, or of any. */
  end(id?: string): void;
}

interface Listener {
  readonly waiting: JobEvent[];
  ended: boolean;
  wake(): void;
}

export function createListeners(): Listeners {
  const all = new Map<string, Set<Listener>>();

  function close(id: string): void {
    for (const listener of all.get(id) ?? []) {
      listener.ended = true;
      listener.wake();
    }
  }

  function open(id: string): Listener {
    const listener: Listener = { waiting: [], ended: false, wake: () => {} };
    const beside = all.get(id) ?? new Set();
    all.set(id, beside.add(listener));
    return listener;
  }

  function forget(id: string, listener: Listener): void {
    const beside = all.get(id);
    beside?.delete(listener);
    if (beside?.size === 0) all.delete(id);
  }

  return {
    has: (id) => all.has(id),
    ids: () => [...all.keys()],
    tell(id, event) {
      for (const listener of all.get(id) ?? []) {
        push(listener.waiting, event);
        listener.wake();
      }
    },
    hear(id, signal) {
      // Opened here, not at the first `next`: nothing that is told in between is missed.
      const listener = open(id);
      const events = listen(listener, signal, () => forget(id, listener));
      const leave = events.return.bind(events);
      // A generator that was never begun does not come to its end: who leaves before the first `next` is let go here.
      events.return = () => {
        forget(id, listener);
        return leave();
      };
      return events;
    },
    end(id) {
      for (const one of id === undefined ? [...all.keys()] : [id]) close(one);
    },
  };
}

async function* listen(
  listener: Listener,
  signal: AbortSignal,
  forget: () => void,
): AsyncGenerator<JobEvent, void, void> {
  const { waiting } = listener;
  const stop = () => listener.wake();
  signal.addEventListener('abort', stop);
  try {
    while (!signal.aborted) {
      const event = waiting.shift();
      if (event) yield event;
      else if (listener.ended) return;
      else await new Promise<void>((resolve) => (listener.wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', stop);
    forget();
  }
}

/** A step takes the place of one that waits for the same column. */
function push(waiting: JobEvent[], event: JobEvent): void {
  const at =
    event.kind === 'step'
      ? waiting.findIndex((one) => one.kind === 'step' && one.column === event.column)
      : -1;
  if (at >= 0) waiting.splice(at, 1);
  waiting.push(event);
}
