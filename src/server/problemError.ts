/**
 * An error with the status that a client gets for it: see contract/problem.ts. KsdErrors without one are given theirs by
 * whoever answers.
 */
import { KsdError } from '../errors.ts';

export interface ProblemFacts {
  readonly status: number;
  readonly code: string;
  readonly problem: string;
  readonly remedy: string;
  /** Path of the field of the request that is wrong. */
  readonly field?: string | undefined;
}

export class HttpProblem extends KsdError {
  readonly status: number;
  readonly field: string | undefined;

  constructor({ status, code, problem, remedy, field }: ProblemFacts, options?: ErrorOptions) {
    super(code, problem, remedy, options);
    this.status = status;
    this.field = field;
  }
}

export function notFound(what: string): HttpProblem {
  return new HttpProblem({
    status: 404,
    code: 'NOT_FOUND',
    problem: `There is no ${what}.`,
    remedy: 'Look at the list of what is there.',
  });
}

/** The state of things forbids it. */
export function conflict(code: string, problem: string, remedy: string): HttpProblem {
  return new HttpProblem({ status: 409, code, problem, remedy });
}
