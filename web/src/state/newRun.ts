/** The experiment that is being written, kept through reloads, and what the server says of it. */
import { signal } from '@preact/signals';
import type { Estimate } from '../../../src/server/contract/workbench.ts';
import * as api from '../api/routes.ts';
import { stored } from './stored.ts';

export const draft = stored('experiment', { from: '', text: '' });

export const checked = signal<{
  readonly busy: 'check' | 'start' | undefined;
  readonly estimate: Estimate | undefined;
  readonly error: unknown;
}>({ busy: undefined, estimate: undefined, error: undefined });

export function write(text: string): void {
  draft.value = { ...draft.value, text };
  checked.value = { busy: undefined, estimate: undefined, error: undefined };
}

export async function check(): Promise<void> {
  checked.value = { busy: 'check', estimate: undefined, error: undefined };
  try {
    const estimate = await api.checkExperiment(draft.value.text);
    checked.value = { busy: undefined, estimate, error: undefined };
  } catch (error) {
    checked.value = { busy: undefined, estimate: undefined, error };
  }
}

/** Name of the run that was started. */
export async function start(): Promise<string | undefined> {
  checked.value = { ...checked.value, busy: 'start', error: undefined };
  try {
    const { name } = await api.startRun(draft.value.text);
    checked.value = { busy: undefined, estimate: undefined, error: undefined };
    draft.value = { from: '', text: '' };
    return name;
  } catch (error) {
    checked.value = { busy: undefined, estimate: undefined, error };
    return undefined;
  }
}
