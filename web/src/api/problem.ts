/**
 * What went wrong between the page and the server: one sentence what, one sentence what to do.
 */

import { KsdError } from '../../../src/errors.ts';
import type { Problem } from '../../../src/server/contract/problem.ts';

/** The server refused, or could not be reached (`status` 0). */
export class ApiError extends KsdError {
  readonly status: number;
  /** Field of the request that is wrong, for example `steps`. */
  readonly field: string | undefined;
  /** Seconds to wait before the next try. */
  readonly retryAfter: number | undefined;

  constructor(problem: Problem, retryAfter?: number) {
    super(problem.code, problem.title, problem.detail);
    this.status = problem.status;
    this.field = problem.field;
    this.retryAfter = retryAfter;
  }
}

/** Code of a server that does not answer; the texts of the page have the sentences for it. */
export const UNREACHABLE = 'UNREACHABLE';
/** Code of an answer that is no problem+json, such as a proxy's page. */
export const UNREADABLE = 'UNREADABLE';

/** What a failed answer says, also one that does not follow the contract. */
export async function readProblem(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const wait = Number.isFinite(retryAfter) ? retryAfter : undefined;
  const body: unknown = await response.json().catch(() => undefined);
  if (isProblem(body)) return new ApiError(body, wait);
  return new ApiError(
    { status: response.status, code: UNREADABLE, title: response.statusText, detail: '' },
    wait,
  );
}

export function unreachable(): ApiError {
  return new ApiError({ status: 0, code: UNREACHABLE, title: '', detail: '' });
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' && value !== null && 'title' in value && 'code' in value && 'detail' in value
  );
}
