/** A run with everything that its events tell, for as long as a component shows it. */
import { type ReadonlySignal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Run, RunEvent } from '../../../src/server/contract/workbench.ts';
import { follow, openEvents } from '../api/events.ts';
import * as api from '../api/routes.ts';
import { afterRunEvent } from './runView.ts';

export interface WatchedRun {
  readonly run: Run | undefined;
  readonly connected: boolean;
  readonly error: unknown;
}

/** `round` counts up to listen anew, for example after a run was resumed. */
export function useRun(name: string, round: number): ReadonlySignal<WatchedRun> {
  const state = useSignal<WatchedRun>({ run: undefined, connected: true, error: undefined });
  // Another round listens anew.
  useEffect(() => {
    const abort = new AbortController();
    if (state.value.run?.name !== name) state.value = { run: undefined, connected: true, error: undefined };
    follow<RunEvent>({
      open: (signal) => openEvents(api.runEvents(name), signal),
      signal: abort.signal,
      onConnection: (connected) => {
        state.value = { ...state.value, connected };
      },
      onEvent(event) {
        const run = afterRunEvent(state.value.run, event);
        state.value = { run, connected: true, error: undefined };
        // A run that has ended can go on: whoever resumes it.
        return false;
      },
    }).catch((error: unknown) => {
      state.value = { ...state.value, error };
    });
    return () => abort.abort();
  }, [name, round]);
  return state;
}
