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
