/**
 * OpenAI's images API: `POST /v1/images/generations` and `GET /v1/models`, on the jobs of this server. What OpenAI does not
 * have (seed, steps, guidance, negative_prompt, student) may stand beside its fields.
 */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { KsdError } from '../../errors.ts';
import type { GenerateRequest } from '../contract/drawing.ts';
import type { Job } from '../contract/job.ts';
import type { Problem } from '../contract/problem.ts';
import { hangUp } from '../http/hangUp.ts';
import { handleErrors, type OnDefect } from '../http/problems.ts';
import type { App } from '../http/types.ts';
import { runToEnd, type Services } from '../services.ts';
import { picturesOf, renaming } from './fields.ts';

const body = z.looseObject({
  prompt: z.string(),
  model: z.string().nullish(),
  n: z.int().min(1).max(10).nullish(),
  size: z
    .string()
    .regex(/^(auto|\d{1,4}x\d{1,4})$/, 'must be auto or such as 512x512')
    .nullish(),
  response_format: z.enum(['url', 'b64_json']).nullish(),
  output_format: z.literal('png').nullish(),
  stream: z.literal(false).nullish(),
  seed: z.int().min(0).optional(),
  steps: z.int().min(1).optional(),
  guidance: z.number().min(0).max(100).optional(),
  negative_prompt: z.string().default(''),
  student: z.string().optional(),
});

type Body = z.infer<typeof body>;

const answer = z.object({
  created: z.int(),
  data: z.array(z.object({ url: z.string().optional(), b64_json: z.string().optional() })),
});

const models = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() }),
  ),
});

/** What programs ask for that know no other server: the default model stands in for them. */
const usualNames = /^(dall-e-\d|gpt-image-\w+)$/;

const names = { count: 'n', width: 'size', height: 'size', negativePrompt: 'negative_prompt' };

const tags = ['OpenAI'];

export async function openaiRoutes(app: App, services: Services, onDefect: OnDefect): Promise<void> {
  await app.register(async (raw) => {
    const scope = raw as App;
    handleErrors(scope, onDefect, sendError);

    scope.post(
      '/v1/images/generations',
      { schema: { tags, summary: 'Draw pictures of a prompt', body, response: { 200: answer } } },
      async (request, reply) => {
        const signal = hangUp(reply);
        const wanted = nativeRequest(request.body, services);
        const job = await renaming(names, () => runToEnd(services, wanted, { signal }));
        if (job.state !== 'done') throw failed(job);
        const root = `${request.protocol}://${request.host}`;
        return {
          created: Math.floor(Date.parse(job.createdAt) / 1000),
          data: await dataOf(services, job, request.body.response_format ?? 'url', root),
        };
      },
    );

    scope.get('/v1/models', { schema: { tags, summary: 'Models', response: { 200: models } } }, async () => ({
      object: 'list' as const,
      data: services.offered.models.map(({ name }) => ({
        id: name,
        object: 'model' as const,
        created: 0,
        owned_by: 'ksd',
      })),
    }));
  });
}

function nativeRequest(
  { prompt, model, n, size, seed, steps, guidance, student, ...rest }: Body,
  { offered }: Services,
): GenerateRequest {
  const known = offered.models.some(({ name }) => name === model);
  const named = model && (known || !usualNames.test(model)) ? { model } : {};
  const [width, height] = (size ?? 'auto') === 'auto' ? [] : (size as string).split('x').map(Number);
  return {
    kind: 'generate',
    prompt,
    negativePrompt: rest.negative_prompt,
    count: n ?? 1,
    previewEvery: 0,
    ...named,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(seed === undefined ? {} : { seed }),
    ...(steps === undefined ? {} : { steps }),
    ...(guidance === undefined ? {} : { guidance }),
    ...(student === undefined ? {} : { student }),
  };
}

async function dataOf(services: Services, job: Job, format: 'url' | 'b64_json', root: string) {
  if (format === 'b64_json') return (await picturesOf(services, job)).map((b64_json) => ({ b64_json }));
  const pictures = job.result?.kind === 'generate' ? job.result.pictures : [];
  return pictures.map(({ url }) => ({ url: `${root}${url}` }));
}

function failed({ state, failure }: Job): KsdError {
  const { code = 'CANCELLED', problem = `The job was ${state}.`, remedy = 'Ask again.' } = failure ?? {};
  return new KsdError(code, problem, remedy);
}

/** `{ error: { message, type, param, code } }`; what cannot be served is 400 there. */
function sendError(reply: FastifyReply, { status, code, title, detail, field }: Problem): FastifyReply {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  return reply
    .status(status === 422 ? 400 : status)
    .type('application/json')
    .serializer(JSON.stringify)
    .send({ error: { message: `${title} ${detail}`, type, param: field ?? null, code } });
}
