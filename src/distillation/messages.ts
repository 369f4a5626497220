/**
 * What a command and its training process say to each other. The command asks for each event, so that a training waits
 * while pictures are drawn between epochs, as the generator that it stands for would.
 */
import { KsdError } from '../errors.ts';
import type { RequestedDevice } from '../runtime/session.ts';
import type { TrainEvent } from './events.ts';
import type { Experiment } from './experiment.ts';

export type Request =
  | {
      readonly kind: 'begin';
      readonly experiment: Experiment;
      readonly device: RequestedDevice;
      readonly folder: string;
    }
  | { readonly kind: 'next' }
  /** Stop after this step, with a checkpoint. */
  | { readonly kind: 'abort' }
  /** The events that are left are not wanted. */
  | { readonly kind: 'return' };

export type Reply =
  | { readonly kind: 'event'; readonly event: TrainEvent }
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
