/**
 * What a server refuses, as errors. `code` is stable; which HTTP status each has is stated in http/problems.ts.
 */
import { KsdError } from '../errors.ts';

/** A field of a request cannot be served. */
export class FieldError extends KsdError {
  /** Its path, such as `steps` or `training.epochs`. */
  readonly field: string;

  constructor(field: string, problem: string, remedy: string, options?: ErrorOptions) {
    super('INPUT', problem, remedy, options);
    this.field = field;
  }
}

/** Too many jobs wait already. */
export class QueueFullError extends KsdError {
  /** When to try again. */
  readonly seconds: number;

  constructor(limit: number, seconds: number) {
    super('QUEUE_FULL', `${limit} jobs wait already.`, `Try again in ${seconds} seconds.`);
    this.seconds = seconds;
  }
}

export class NotFoundError extends KsdError {
  constructor(problem: string, remedy: string) {
    super('NOT_FOUND', problem, remedy);
  }
}

/** What is there forbids what was asked for. */
export class ConflictError extends KsdError {
  constructor(problem: string, remedy: string) {
    super('CONFLICT', problem, remedy);
  }
}

/** The server is stopping. */
export class StoppingError extends KsdError {
  constructor() {
    super('STOPPING', 'The server is stopping.', 'Try again once it has been started anew.');
  }
}

/** What keeps the jobs cannot be reached; it may be back soon. */
export class QueueUnavailableError extends KsdError {
  /** When to try again. */
  readonly seconds = 2;

  constructor(options?: ErrorOptions) {
    super('UNAVAILABLE', 'The queue of jobs cannot be reached.', 'Try again in a few seconds.', options);
  }
}
