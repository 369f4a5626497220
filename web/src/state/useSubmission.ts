/**
 * What a form that asks for a job is up to: sending it, or showing why the server refused it until something of the form
 * changes.
 */
import { type ReadonlySignal, useSignal, useSignalEffect } from '@preact/signals';
import type { JobRequestInput } from '../../../src/server/contract/drawing.ts';
import type { Job } from '../../../src/server/contract/job.ts';
import { ApiError } from '../api/problem.ts';
import { sentences } from '../texts/failures.ts';
import { submit } from './jobs.ts';

export interface Submission {
  readonly sending: boolean;
  /** Why the server refused it; undefined if it did not. */
  readonly refused: unknown;
  /** The same under the name of the field that is at fault. */
  readonly fieldErrors: Partial<Record<string, string>>;
  /** Does nothing while it is sending, or without a request. */
  send(): Promise<void>;
}

export function useSubmission(
  form: ReadonlySignal<object>,
  request: JobRequestInput | undefined,
  onJob: (job: Job) => void,
): Submission {
  const sending = useSignal(false);
  const refused = useSignal<unknown>(undefined);
  useSignalEffect(() => {
    // What was refused is not what stands there now.
    if (form.value) refused.value = undefined;
  });
  const field = refused.value instanceof ApiError ? refused.value.field : undefined;
  return {
    sending: sending.value,
    refused: refused.value,
    fieldErrors: field ? { [field]: sentences(refused.value).problem } : {},
    async send() {
      if (!request || sending.value) return;
      sending.value = true;
      refused.value = undefined;
      try {
        onJob(await submit(request));
      } catch (error) {
        refused.value = error;
      } finally {
        sending.value = false;
      }
    },
  };
}
