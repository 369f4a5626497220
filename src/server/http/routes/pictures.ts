/**
 * `/api/pictures`: contract/gallery.ts.
 */
import { z } from 'zod';
import { parametersKeyword } from '../../../pictures/parameters.ts';
import { picture, pictureParameters } from '../../contract/gallery.ts';
import { FieldError, NotFoundError } from '../../errors.ts';
import { describeParameters } from '../../gallery/parameters.ts';
import { idPattern } from '../../ids.ts';
import { largerUploads } from '../../limits.ts';
import { readPng } from '../../png.ts';
import type { Services } from '../../services.ts';
import { type App, idParam } from '../types.ts';

const search = z.object({
  query: z.string().max(1000).default(''),
  before: z.string().regex(idPattern, 'is no id').optional(),
  limit: z.coerce.number().int().min(1).max(500).default(60),
});

const tags = ['pictures'];

export function pictureRoutes(app: App, { gallery, limits }: Services): void {
  app.get(
    '/api/pictures',
    {
      schema: {
        tags,
        summary: 'Pictures, newest first; all words of the query stand in the prompts',
        querystring: search,
        response: { 200: z.object({ pictures: z.array(picture), total: z.int() }) },
      },
    },
    async ({ query: { query, before, limit } }) =>
      gallery.list({ query, limit, ...(before === undefined ? {} : { before }) }),
  );

  app.get(
    '/api/pictures/:id',
    { schema: { tags, summary: 'How a picture was made', params: idParam, response: { 200: picture } } },
    async ({ params }) => found(await gallery.get(params.id)),
  );

  app.get(
    '/api/pictures/:id.png',
    { schema: { tags, summary: 'The file, which carries its parameters', params: idParam } },
    async ({ params }, reply) => {
      const png = found(await gallery.read(params.id));
      return reply
        .type('image/png')
        .header('cache-control', 'private, max-age=31536000, immutable')
        .send(png);
    },
  );

  app.delete(
    '/api/pictures/:id',
    { schema: { tags, summary: 'Delete a picture', params: idParam, response: { 204: z.null() } } },
    async ({ params }, reply) => {
      if (!(await gallery.remove(params.id))) throw notFound();
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/pictures/read',
    {
      schema: {
        tags,
        summary: 'What a PNG file says of how it was made',
        consumes: ['image/png'],
        response: { 200: pictureParameters },
      },
    },
    async ({ body }) => {
      if (!Buffer.isBuffer(body))
        throw new FieldError('body', 'There is no picture.', 'Send a PNG (image/png).');
      const { text } = readPng('body', body, largerUploads * limits.pixels);
      const parameters = text[parametersKeyword];
      if (parameters !== undefined) return describeParameters(parameters);
      throw new FieldError(
        'body',
        'This picture does not say how it was made.',
        'Send the file as it was saved.',
      );
    },
  );
}

function found<Value>(value: Value | undefined): Value {
  if (value !== undefined) return value;
  throw notFound();
}

function notFound(): NotFoundError {
  return new NotFoundError('There is no such picture here.', 'GET /api/pictures lists those that there are.');
}
