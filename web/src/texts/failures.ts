/**
 * The two sentences of a failure, in the reader's language where the page knows it, else as the server wrote them.
 */

import { KsdError } from '../../../src/errors.ts';
import type { JobFailure } from '../../../src/server/contract/job.ts';
import { ApiError, UNREACHABLE, UNREADABLE } from '../api/problem.ts';
import { t } from './texts.ts';

export interface Sentences {
  readonly problem: string;
  readonly remedy: string;
}

export function sentences(error: unknown): Sentences {
  const { errors } = t();
  if (error instanceof KsdError) {
    if (error.code === UNREACHABLE) return { problem: errors.unreachable, remedy: errors.unreachableRemedy };
    if (error.code === UNREADABLE) return { problem: errors.unreadable, remedy: errors.unreadableRemedy };
    if (error instanceof ApiError && error.retryAfter !== undefined) {
      return { problem: error.problem, remedy: errors.busy(error.retryAfter) };
    }
    return { problem: error.problem, remedy: error.remedy };
  }
  if (isFailure(error)) return { problem: error.problem, remedy: error.remedy };
  return { problem: errors.unknown, remedy: errors.unknownRemedy };
}

function isFailure(value: unknown): value is JobFailure {
  return typeof value === 'object' && value !== null && 'problem' in value && 'remedy' in value;
}
