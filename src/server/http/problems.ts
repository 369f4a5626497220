/**
 * Every error as application/problem+json (RFC 9457), and the status that goes with each code.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { KsdError } from '../../errors.ts';
import type { Problem } from '../contract/problem.ts';
import { FieldError, QueueFullError, QueueUnavailableError } from '../errors.ts';

/** Of errors that are the asker's; all others are 500. */
const statuses: Readonly<Record<string, number>> = {
  INPUT: 422,
  CONFIG: 422,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  QUEUE_FULL: 429,
  STOPPING: 503,
  UNAVAILABLE: 503,
};

/** Is told of errors that are ours. */
export type OnDefect = (error: unknown, url: string) => void;

/** Hands every error to `send` as a problem; the header says when to ask again, where that helps. */
export function handleErrors(
  app: FastifyInstance,
  onDefect: OnDefect,
  send: (reply: FastifyReply, problem: Problem) => FastifyReply,
): void {
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500 && problem.status !== 503) onDefect(error, request.url);
    if (error instanceof QueueFullError || error instanceof QueueUnavailableError)
      reply.header('retry-after', error.seconds);
    return send(reply, problem);
  });
}

/** Sends errors as problems, and tells `onDefect` of those that are ours. */
export function addProblems(app: FastifyInstance, onDefect: OnDefect): void {
  handleErrors(app, onDefect, sendProblem);
  app.setNotFoundHandler((request: FastifyRequest, reply) =>
    sendProblem(reply, {
      status: 404,
      code: 'NOT_FOUND',
      title: `There is nothing at ${request.method} ${request.url.split('?')[0]}.`,
      detail: 'The description of this API is at /docs.',
    }),
  );
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  // Past the schemas of the route, which are those of its answers.
  return reply
    .status(problem.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problem);
}

export function problemOf(error: FastifyError | Error): Problem {
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error.validation[0]);
  if (error instanceof KsdError) {
    const status = statuses[error.code] ?? 500;
    const field = error instanceof FieldError ? { field: error.field } : {};
    return { status, code: error.code, title: error.problem, detail: error.remedy, ...field };
  }
  const { statusCode = 500, code = 'INTERNAL' } = error as FastifyError;
  const known = byFastify[code];
  if (known) return { status: statusCode, ...known };
  if (statusCode < 500) {
    return { status: statusCode, code, title: error.message, detail: 'See /docs for what can be asked.' };
  }
  return {
    status: 500,
    code: 'INTERNAL',
    title: 'The server failed at this request.',
    detail: 'This is a defect of the server, whose log says more.',
  };
}

const byFastify: Readonly<Record<string, Omit<Problem, 'status'>>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'TOO_LARGE',
    title: 'The body of this request is too large.',
    detail: 'GET /api/system tells how many bytes this server takes (limits.bodyBytes).',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: {
    code: 'INPUT',
    title: 'The body of this request is no JSON.',
    detail: 'Send JSON as /docs describes it.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'INPUT',
    title: 'The body of this request is of a type that is not taken here.',
    detail: 'Send application/json.',
  },
};

interface Invalid {
  readonly instancePath: string;
  readonly message?: string | undefined;
  readonly params?: unknown;
}

/** `/training/epochs` to `training.epochs`; a key that is not known is the field itself. */
function invalid(issue: Invalid | undefined): Problem {
  const [unknown] = (issue?.params as { keys?: readonly string[] } | undefined)?.keys ?? [];
  const path = (issue?.instancePath ?? '').split('/').filter(Boolean);
  const field = [...path, ...(unknown === undefined ? [] : [unknown])].join('.');
  const about = field === '' ? 'The request' : field;
  return {
    status: 422,
    code: 'INPUT',
    title: `${about}: ${issue?.message ?? 'is not valid'}.`,
    detail: 'The description of this API at /docs tells what each field takes.',
    ...(field === '' ? {} : { field }),
  };
}
