/**
 * Something that is fetched: nothing yet, there, or an error that can be tried again. The last value stays while it is
 * fetched anew.
 */
import { type ReadonlySignal, signal } from '@preact/signals';

export interface RemoteValue<T> {
  readonly value: T | undefined;
  readonly error: unknown;
  readonly loading: boolean;
}

export interface Remote<T> {
  readonly state: ReadonlySignal<RemoteValue<T>>;
  /** Fetches; an older fetch that is still under way is dropped. */
  load(): Promise<void>;
  /** Puts a value in place, for example one that an event brought. */
  set(change: (value: T | undefined) => T | undefined): void;
  /** Drops a fetch that is under way. */
  stop(): void;
}

export function remote<T>(fetchValue: (signal: AbortSignal) => Promise<T>): Remote<T> {
  const state = signal<RemoteValue<T>>({ value: undefined, error: undefined, loading: false });
  let running: AbortController | undefined;
  return {
    state,
    async load() {
      running?.abort();
      const mine = new AbortController();
      running = mine;
      state.value = { ...state.value, loading: true };
      try {
        const value = await fetchValue(mine.signal);
        if (running === mine) state.value = { value, error: undefined, loading: false };
      } catch (error) {
        if (running === mine) state.value = { ...state.value, error, loading: false };
      }
    },
    set(change) {
      state.value = { ...state.value, value: change(state.value.value) };
    },
    stop() {
      running?.abort();
      running = undefined;
    },
  };
}
