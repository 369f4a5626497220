/**
 * What a process and the one that runs a generator for it say to each other. Each event is asked for, so that the work waits
 * for its consumer as a generator in the same process would.
 */
import { KsdError } from '../errors.ts';

export type Request<Task> =
  | { readonly kind: 'begin'; readonly task: Task }
  | { readonly kind: 'next' }
  /** Stop at the next good place. */
  | { readonly kind: 'abort' }
  /** The events that are left are not wanted. */
  | { readonly kind: 'return' };

export type Reply<Event> =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** An error as it travels: classes do not. */
export interface Failure {
  /** It is the reason of the abort. */
  readonly aborted: boolean;
  readonly code?: string;
  readonly problem: string;
  readonly remedy?: string;
  readonly stack: string | undefined;
}

export function failureOf(error: unknown, aborted: boolean): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof KsdError)) return { aborted, problem: message, stack };
  const { code, problem, remedy } = error;
  return { aborted, code, problem, remedy, stack };
}

export function errorOf({ code, problem, remedy, stack }: Failure): Error {
  const error =
    code === undefined || remedy === undefined ? new Error(problem) : new KsdError(code, problem, remedy);
  if (stack !== undefined) error.stack = stack;
  return error;
}
