import { deflateSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { joinChunks } from '../../pictures/chunks.ts';
import { solid } from '../../pictures/image.ts';
import { encodePng } from '../../pictures/png.ts';
import { openApp, type Undo, undoAll } from '../testing/server.ts';

const undo: Undo = [];
afterAll(() => undoAll(undo));

const { app, services } = await openApp(undo);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const picture = base64(encodePng(solid(64, 64, [255, 0, 0])));

/** A file that says it has so many pixels, and unpacks to that. */
function bomb(width: number, height: number): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return base64(
    joinChunks([
      { type: 'IHDR', data: header },
      { type: 'IDAT', data: deflateSync(Buffer.alloc(2 ** 20)) },
      { type: 'IEND', data: new Uint8Array(0) },
    ]),
  );
}

const post = (url: string, payload: object | string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json', ...headers } });

describe('a field that cannot be served is named', () => {
  const generate = { kind: 'generate', prompt: 'x' };
  const compare = { kind: 'compare', ko: '사과' };
  const diagnose = { kind: 'diagnose', prompt: 'x' };
  const cases: [field: string, request: object][] = [
    ['kind', { kind: 'paint' }],
    ['prompt', { kind: 'generate' }],
    ['prompt', { kind: 'generate', prompt: 7 }],
    ['prompt', { ...generate, prompt: 'x'.repeat(5000) }],
    ['stepz', { ...generate, stepz: 3 }],
    ['negativePrompt', { ...generate, negativePrompt: 'x'.repeat(5000) }],
    ['model', { ...generate, model: '../../etc/passwd' }],
    ['student', { ...generate, student: '/etc' }],
    ['seed', { ...generate, seed: -1 }],
    ['seed', { ...generate, seed: 2 ** 60 }],
    ['steps', { ...generate, steps: 0 }],
    ['steps', { ...generate, steps: 1.5 }],
    ['steps', { ...generate, steps: 500 }],
    ['guidance', { ...generate, guidance: -1 }],
    ['guidance', { ...generate, guidance: 'NaN' }],
    ['scheduler', { ...generate, scheduler: 'none such' }],
    ['width', { ...generate, width: 63 }],
    ['width', { ...generate, width: 4, height: 64 }],
    ['width', { ...generate, width: 4096, height: 4096 }],
    ['height', { ...generate, height: 65 }],
    ['count', { ...generate, count: 0 }],
    ['count', { ...generate, count: 60 }],
    ['eta', { ...generate, eta: 2 }],
    ['clipSkip', { ...generate, clipSkip: 0 }],
    ['strength', { ...generate, strength: 0.5 }],
    ['strength', { ...generate, initImage: picture, strength: 0 }],
    ['mask', { ...generate, mask: picture }],
    ['mask', { ...generate, initImage: picture, mask: base64(encodePng(solid(32, 32, [0, 0, 0]))) }],
    ['initImage', { ...generate, initImage: 'not base64!' }],
    ['initImage', { ...generate, initImage: base64(Buffer.from('no picture')) }],
    ['initImage', { ...generate, initImage: picture.slice(0, 60) }],
    ['initImage', { ...generate, initImage: bomb(16_000, 16_000) }],
    ['initImage', { ...generate, initImage: bomb(100, 100) }],
    ['previewEvery', { ...generate, previewEvery: -1 }],
    ['ko', { kind: 'compare' }],
    ['ko', { ...compare, ko: 'x'.repeat(5000) }],
    ['en', { ...compare, en: 'x'.repeat(5000) }],
    ['students.1', { ...compare, students: ['roberta', 'nobody'] }],
    ['reference', { ...diagnose, reference: '  ' }],
    ['negativePrompt', { ...diagnose, negativePrompt: 'blurry' }],
  ];

  test.each(cases)('%s', async (field, request) => {
    const { statusCode, headers, json } = await post('/api/jobs', request).then((answer) => ({
      statusCode: answer.statusCode,
      headers: answer.headers,
      json: answer.json(),
    }));
    expect(statusCode).toBe(422);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(json).toMatchObject({ status: 422, code: 'INPUT', field });
    expect(json.title.length * json.detail.length).toBeGreaterThan(0);
  });

  test('and nothing of it was queued', async () => {
    expect(await services.queue.list()).toEqual([]);
  });
});

test('what is no JSON, of another type or too large is told apart', async () => {
  expect((await post('/api/jobs', '{bad')).statusCode).toBe(400);
  expect((await post('/api/jobs', 'x', { 'content-type': 'text/plain' })).statusCode).toBe(415);
  const small = await openApp(undo, { limits: { bodyBytes: 1000 } });
  const answer = await small.app.inject({
    method: 'POST',
    url: '/api/jobs',
    payload: { kind: 'generate', prompt: 'x'.repeat(2000) },
  });
  expect(answer.statusCode).toBe(413);
  expect(answer.json()).toMatchObject({ status: 413, code: 'TOO_LARGE' });
});

test('a full queue answers 429 and says when to come back', async () => {
  const full = await openApp(undo, { limits: { queue: 1 } });
  const ask = () =>
    full.app.inject({ method: 'POST', url: '/api/jobs', payload: { kind: 'generate', prompt: 'x' } });
  expect((await ask()).statusCode).toBe(202);
  const refused = await ask();
  expect(refused.statusCode).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(refused.json()).toMatchObject({ code: 'QUEUE_FULL' });
});

test('no address reaches a file that is not served', async () => {
  const addresses = [
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/api/jobs/..%2f..%2fpackage',
    '/api/jobs/%00',
    '/api/pictures/..%2f..%2fetc%2fpasswd.png',
    `/api/jobs/${'0'.repeat(20)}/previews/0/..%2f..%2fx.png`,
    `/api/jobs/${'0'.repeat(20)}/previews/0/1.png`,
    `/api/jobs/${'0'.repeat(20)}/report.html`,
    '/docs/static/..%2f..%2f..%2fpackage.json',
  ];
  for (const url of addresses) {
    const { statusCode, body } = await app.inject({ method: 'GET', url });
    expect([400, 403, 404, 422], url).toContain(statusCode);
    expect(body).not.toContain('k-stable-diffusion');
  }
});

describe('a page of another origin', () => {
  const job = { kind: 'generate', prompt: 'x' };
  const from = (headers: Record<string, string>) =>
    post('/api/jobs', job, { host: 'localhost:7860', ...headers });

  test('may change nothing, whichever way its browser tells where it comes from', async () => {
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:9999' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'http://localhost:7860' },
    ]) {
      const answer = await from(headers as Record<string, string>);
      expect(answer.statusCode, JSON.stringify(headers)).toBe(403);
      expect(answer.json()).toMatchObject({ code: 'FORBIDDEN' });
    }
  });

  test('is told from the page of this server and from programs', async () => {
    for (const headers of [
      {},
      { origin: 'http://localhost:7860' },
      { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:7860' },
      { 'sec-fetch-site': 'none' },
    ]) {
      expect((await from(headers as Record<string, string>)).statusCode).toBe(202);
    }
  });

  test('reads nothing either: no answer allows it', async () => {
    const { headers } = await app.inject({ url: '/api/jobs', headers: { origin: 'http://evil.example' } });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  });

  test('is let in where the server was told to', async () => {
    const open = await openApp(undo, { origins: ['https://friend.example'] });
    const headers = { origin: 'https://friend.example', 'sec-fetch-site': 'cross-site' };
    const asked = await open.app.inject({ method: 'OPTIONS', url: '/api/jobs', headers });
    expect(asked.statusCode).toBe(204);
    const answer = await open.app.inject({ method: 'POST', url: '/api/jobs', headers, payload: job });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers['access-control-allow-origin']).toBe('https://friend.example');
  });
});

test('a name that a page made point here is no name of this server', async () => {
  const ask = (host: string) => app.inject({ url: '/health', headers: { host } });
  for (const host of ['evil.example', 'localhost.evil.example:7860', '127.0.0.1.nip.io']) {
    expect((await ask(host)).statusCode, host).toBe(403);
  }
  for (const host of ['localhost:7860', '127.0.0.1', '[::1]:7860']) {
    expect((await ask(host)).statusCode, host).toBe(200);
  }
});

test('a key is asked for by everything but /health, and taken as Bearer or as a password', async () => {
  const { app: locked } = await openApp(undo, { apiKey: 'secret' });
  const ask = (url: string, authorization?: string) =>
    locked.inject({ url, headers: authorization === undefined ? {} : { authorization } });
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
  for (const url of ['/api/jobs', '/metrics', '/docs/json', '/', '/sdapi/v1/options', '/v1/models']) {
    expect((await ask(url)).statusCode, url).toBe(401);
    expect((await ask(url, 'Bearer secret')).statusCode, url).toBe(200);
  }
  expect((await ask('/health')).statusCode).toBe(200);
  expect((await ask('/api/jobs', basic('anyone:secret'))).statusCode).toBe(200);
  for (const wrong of ['Bearer secre', 'Bearer secrets', 'secret', basic('secret:'), 'Bearer ']) {
    expect((await ask('/api/jobs', wrong)).statusCode, wrong).toBe(401);
  }
  const page = await locked.inject({ url: '/', headers: { accept: 'text/html' } });
  expect(page.headers['www-authenticate']).toMatch(/^Basic /);
});

test('no answer lets a page run scripts or show frames from elsewhere', async () => {
  for (const url of ['/', '/api/jobs', '/nowhere']) {
    const policy = String((await app.inject({ url })).headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  }
});
