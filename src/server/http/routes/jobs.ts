/**
 * `/api/jobs`: contract/job.ts.
 */
import { z } from 'zod';
import { jobRequest } from '../../contract/drawing.ts';
import { job, jobState } from '../../contract/job.ts';
import { NotFoundError } from '../../errors.ts';
import { idPattern } from '../../ids.ts';
import { type Services, submit } from '../../services.ts';
import { sendEvents } from '../sse.ts';
import { type App, idParam } from '../types.ts';

const states = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(jobState));

const filter = z.object({
  state: states.optional(),
  before: z.string().regex(idPattern, 'is no id').optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const previewParams = idParam.extend({
  column: z.coerce.number().int().min(0).max(99),
  step: z.string().regex(/^\d{1,4}\.png$/, 'is no preview'),
});

const tags = ['jobs'];

export function jobRoutes(app: App, services: Services): void {
  const { queue, artifacts } = services;

  app.post(
    '/api/jobs',
    { schema: { tags, summary: 'Ask for a drawing', body: jobRequest, response: { 202: job } } },
    async (request, reply) => reply.status(202).send(await submit(services, request.body)),
  );

  app.get(
    '/api/jobs',
    {
      schema: {
        tags,
        summary: 'Jobs, newest first',
        querystring: filter,
        response: { 200: z.object({ jobs: z.array(job) }) },
      },
    },
    async ({ query: { state, before, limit } }) => ({
      jobs: await queue.list({
        ...(state ? { states: state } : {}),
        ...(before === undefined ? {} : { before }),
        limit,
      }),
    }),
  );

  app.get(
    '/api/jobs/:id',
    { schema: { tags, summary: 'A job', params: idParam, response: { 200: job } } },
    async ({ params }) => found(await queue.get(params.id)),
  );

  app.delete(
    '/api/jobs/:id',
    { schema: { tags, summary: 'Cancel a job', params: idParam, response: { 202: job } } },
    async ({ params }, reply) => reply.status(202).send(found(await queue.cancel(params.id))),
  );

  app.get(
    '/api/jobs/:id/events',
    { schema: { tags, summary: 'What happens to a job, as server-sent events', params: idParam } },
    async ({ params }, reply) => {
      found(await queue.get(params.id));
      return sendEvents(reply, (signal) => queue.events(params.id, signal));
    },
  );

  app.get(
    '/api/jobs/:id/previews/:column/:step',
    { schema: { tags, summary: 'A picture of a comparison after a step (PNG)', params: previewParams } },
    async ({ params: { id, column, step } }, reply) => {
      const png = found(await artifacts.read(id, { column, step: Number.parseInt(step, 10) }));
      return reply
        .type('image/png')
        .header('cache-control', 'private, max-age=31536000, immutable')
        .send(png);
    },
  );

  app.get(
    '/api/jobs/:id/report.html',
    { schema: { tags, summary: 'The page of a diagnosis', params: idParam } },
    async ({ params }, reply) => {
      const page = found(await artifacts.read(params.id, 'report'));
      // A page of its own, with its styles and pictures inside and no script.
      const policy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox";
      return reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page);
    },
  );
}

function found<Value>(value: Value | undefined): Value {
  if (value !== undefined) return value;
  throw new NotFoundError('There is no such job here.', 'GET /api/jobs lists those that there are.');
}
