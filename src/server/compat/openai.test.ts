import OpenAI, { APIError, RateLimitError } from 'openai';
import { afterAll, expect, test } from 'vitest';
import { decodePng } from '../../pictures/png.ts';
import type { Picture, PictureParameters } from '../contract/gallery.ts';
import { openApp, openServer, type Undo, undoAll } from '../testing/server.ts';

const undo: Undo = [];
afterAll(() => undoAll(undo));

const server = await openServer(undo, { apiKey: 'secret' });
const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'secret', maxRetries: 0 });
const parameters: PictureParameters = {
  ...{ prompt: 'a red apple', model: 'emoji-sd', student: 'none', seed: '1', steps: 1, guidance: 5 },
  ...{ scheduler: 'unipc', width: 64, height: 64 },
};
/** A step of a busy machine may take a second. */
const patient = { timeout: 20_000 };
/** What OpenAI's own API does not have. */
const quick = { steps: 2, seed: 3 } as const;

test('the client of OpenAI gets pictures as base64', async () => {
  const { data, created } = await client.images.generate({
    ...{
      prompt: '파란색 배경의 빨간 사과',
      model: 'gpt-image-1',
      n: 2,
      size: '64x64',
      response_format: 'b64_json',
    },
    ...quick,
  });
  expect(created).toBeGreaterThan(1.7e9);
  expect(data).toHaveLength(2);
  const { image, text } = decodePng(Buffer.from(data?.[0]?.b64_json ?? '', 'base64'));
  expect(image).toMatchObject({ width: 64, height: 64 });
  expect(text['parameters']).toMatch(/Steps: 2, .*Seed: 3/);
});

test('and as addresses where the pictures are', async () => {
  const { data } = await client.images.generate({ prompt: 'a red apple', ...quick });
  const url = data?.[0]?.url ?? '';
  expect(url.startsWith(`${server.url}/api/pictures/`)).toBe(true);
  const file = await fetch(url, { headers: { authorization: 'Bearer secret' } });
  expect(file.headers.get('content-type')).toBe('image/png');
});

test.each([
  [true, 'https://draw.example'],
  [false, 'http://localhost:7860'],
])('where a proxy is trusted (%s), addresses are those that it tells: %s', async (trustProxy, address) => {
  const { app, services } = await openApp(undo, { trustProxy });
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'draw.example' };
  const answer = app.inject({
    ...{ method: 'POST', url: '/v1/images/generations', payload: { prompt: 'a red apple' } },
    headers: { host: 'localhost:7860', ...forwarded },
  });
  const job = await services.queue.take(new AbortController().signal);
  const [picture] = await services.gallery.add([
    { job: job?.id as string, png: new Uint8Array(1), flagged: false, parameters },
  ]);
  await job?.done({ kind: 'generate', pictures: [picture as Picture], warnings: [] });
  expect((await answer).json().data).toEqual([{ url: `${address}${picture?.url}` }]);
});

test('models are listed under the names that requests take', async () => {
  const { data } = await client.models.list();
  expect(data.map(({ id }) => id)).toEqual(['emoji-sd']);
  const { data: drawn } = await client.images.generate({ prompt: 'x', model: 'emoji-sd', ...quick });
  expect(drawn).toHaveLength(1);
});

test('errors are those that the client knows, with the field as it is called there', async () => {
  const wrong = (body: object) =>
    client.images
      .generate({ prompt: 'x', ...body } as OpenAI.ImageGenerateParamsNonStreaming)
      .catch((error) => error);
  expect(await wrong({ size: '63x64' })).toMatchObject({ status: 400, param: 'size', code: 'INPUT' });
  expect(await wrong({ model: 'no-such-model' })).toMatchObject({ status: 400, param: 'model' });
  expect(await wrong({ n: 0 })).toMatchObject({ status: 400, param: 'n' });
  expect(await wrong({ size: 'huge' })).toMatchObject({ status: 400, param: 'size' });
  const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'guess', maxRetries: 0 });
  expect(await stranger.models.list().catch((error) => error)).toMatchObject({ status: 401 });
});

test('a full queue is the rate limit of the client, which says when to come back', async () => {
  const { app, services } = await openApp(undo, { limits: { queue: 1 } });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const impatient = new OpenAI({ baseURL: `${address}/v1`, apiKey: 'x', maxRetries: 0 });
  const waiting = impatient.images.generate({ prompt: 'first' }).catch((error) => error);
  await expect.poll(async () => (await services.queue.stats()).queued).toBe(1);
  const refused = await impatient.images.generate({ prompt: 'second' }).catch((error) => error);
  expect(refused).toBeInstanceOf(RateLimitError);
  expect(Number((refused as APIError).headers?.get('retry-after'))).toBeGreaterThan(0);
  const [job] = await services.queue.list();
  await services.queue.cancel(job?.id as string);
  expect(await waiting).toBeInstanceOf(APIError);
});

test('what is ours to answer for is an error of the server, and is told to whoever runs it', async () => {
  const defects: [unknown, string][] = [];
  const { app, services } = await openApp(undo, { onDefect: (error, url) => defects.push([error, url]) });
  const answer = app.inject({ method: 'POST', url: '/v1/images/generations', payload: { prompt: 'x' } });
  const job = await services.queue.take(new AbortController().signal);
  const failure = { code: 'INTERNAL', problem: 'It failed to draw this.', remedy: 'Look into the log.' };
  await job?.failed(failure);
  expect((await answer).statusCode).toBe(500);
  expect((await answer).json().error).toMatchObject({ type: 'server_error', code: 'INTERNAL' });
  expect(defects).toEqual([[expect.objectContaining(failure), '/v1/images/generations']]);
});

test('a client that hangs up cancels its job', async () => {
  const gone = new AbortController();
  const drawing = client.images
    .generate({ prompt: 'x', steps: 150 } as OpenAI.ImageGenerateParamsNonStreaming, { signal: gone.signal })
    .catch((error) => error);
  const running = () => server.services.queue.list({ states: ['running'] });
  await expect.poll(async () => (await running()).length, patient).toBe(1);
  const [job] = await running();
  gone.abort();
  await drawing;
  await expect
    .poll(async () => (await server.services.queue.get(job?.id as string))?.state, patient)
    .toBe('cancelled');
});
