/**
 * The two sentences of a failure in the reader's language. What the page has no words for, the server's follow, in English.
 */
import { KsdError } from '../../../src/errors.ts';
import type { JobFailure } from '../../../src/server/contract/job.ts';
import { ApiError, UNREACHABLE, UNREADABLE } from '../api/problem.ts';
import type { ErrorCode } from './ko.ts';
import { t } from './texts.ts';

export interface Sentences {
  readonly problem: string;
  readonly remedy: string;
}

export function sentences(error: unknown): Sentences {
  const { errors } = t();
  if (!(error instanceof KsdError || isFailure(error))) {
    return { problem: errors.unknown, remedy: errors.unknownRemedy };
  }
  const { code, problem, remedy } = error;
  if (code === UNREACHABLE) return { problem: errors.unreachable, remedy: errors.unreachableRemedy };
  if (code === UNREADABLE) return { problem: errors.unreadable, remedy: errors.unreadableRemedy };
  const known = isCode(code) ? errors.codes[code] : undefined;
  if (!known) return { problem, remedy };
  if (error instanceof ApiError && error.retryAfter !== undefined) {
    return { problem: known.problem, remedy: errors.busy(error.retryAfter) };
  }
  const field = error instanceof ApiError ? fieldName(error.field) : undefined;
  return {
    problem: field === undefined ? known.problem : errors.field(field),
    remedy: known.remedy ?? `${problem} ${remedy}`,
  };
}

function fieldName(field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  const name = (t().fields as Readonly<Record<string, unknown>>)[field];
  return typeof name === 'string' ? name : field;
}

function isCode(code: string): code is ErrorCode {
  return code in t().errors.codes;
}

function isFailure(value: unknown): value is JobFailure {
  return typeof value === 'object' && value !== null && 'problem' in value && 'remedy' in value;
}
