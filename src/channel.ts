/**
 * Turns calls into an async generator: work that reports by callback becomes a stream of events.
 */
export interface Channel<Event> {
  push(event: Event): void;
  /** What was pushed, until `work` ends; then its error, if it has one. */
  until(work: Promise<void>): AsyncGenerator<Event, void, void>;
}

export function channel<Event>(): Channel<Event> {
  let waiting: Event[] = [];
  let wake = () => {};
  return {
    push(event) {
      waiting.push(event);
      wake();
    },
    async *until(work) {
      let ended = false;
      const end = work.finally(() => {
        ended = true;
        wake();
      });
      // Its error is thrown below, once everything before it was seen.
      end.catch(() => {});
      while (!ended || waiting.length > 0) {
        const events = waiting;
        waiting = [];
        yield* events;
        if (!ended && waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      }
      await end;
    },
  };
}

/**
 * Work that reports by callback and waits until what it reported was taken in, as a generator that yields waits for its
 * consumer. Returns what the work returns; where its consumer breaks off, the report that the work waits for is rejected.
 */
export async function* handing<Event, Result>(
  work: (hand: (event: Event) => Promise<void>) => Promise<Result>,
): AsyncGenerator<Event, Result, undefined> {
  interface Handed {
    readonly event: Event;
    resolve(): void;
    reject(reason: Error): void;
  }
  let handed: Handed | undefined;
  let ended = false;
  let wake = () => {};
  const result = work(
    (event) =>
      new Promise<void>((resolve, reject) => {
        handed = { event, resolve, reject };
        wake();
      }),
  );
  result
    .catch(() => {})
    .finally(() => {
      ended = true;
      wake();
    });
  const next = () => handed;
  try {
    for (;;) {
      const report = next();
      if (report) {
        yield report.event;
        handed = undefined;
        report.resolve();
      } else if (ended) return await result;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    next()?.reject(new Error('Nobody takes in what this work reports any more.'));
  }
}
