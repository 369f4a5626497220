/**
 * Who may ask: the key, the page of this server and no other, and names that stand for this machine.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { KsdError } from '../../errors.ts';

export interface SecurityOptions {
  /** Asked for by everything but /health. */
  readonly apiKey?: string | undefined;
  /** Bound to this machine alone, without a proxy before it: other names for it come from a page that plays tricks with DNS. */
  readonly local: boolean;
  /** Origins of other pages that may use the API; none by default. */
  readonly origins?: readonly string[];
}

class RefusedError extends KsdError {}

export async function addSecurity(
  app: FastifyInstance,
  { apiKey, local, origins = [] }: SecurityOptions,
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // Previews are data:, files that were dropped on the page blob:.
        imgSrc: ["'self'", 'data:', 'blob:'],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        frameSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
      },
    },
    // A server on localhost has no certificate to insist on.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  app.addHook('onRequest', async (request, reply) => {
    if (local) checkHost(request);
    const { origin } = request.headers;
    const welcome = origin !== undefined && origins.includes(origin);
    if (welcome) {
      reply.header('access-control-allow-origin', origin).header('vary', 'origin');
      reply.header('access-control-allow-headers', 'authorization, content-type');
      reply.header('access-control-allow-methods', 'GET, POST, DELETE');
      if (request.method === 'OPTIONS') return reply.status(204).send();
    }
    if (!welcome && changesSomething(request)) checkOrigin(request);
    if (apiKey !== undefined && pathOf(request) !== '/health') {
      if (isKey(request.headers.authorization, apiKey)) return undefined;
      reply.header(
        'www-authenticate',
        asksForPage(request) ? 'Basic realm="ksd", charset="UTF-8"' : 'Bearer',
      );
      throw new RefusedError(
        'UNAUTHORIZED',
        'This server asks for a key.',
        'Send it as `Authorization: Bearer <key>`.',
      );
    }
    return undefined;
  });
}

const localNames = new Set(['localhost', '127.0.0.1', '[::1]']);

function checkHost({ headers }: FastifyRequest): void {
  const name = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (localNames.has(name) || name.endsWith('.localhost')) return;
  throw new RefusedError(
    'FORBIDDEN',
    `This server is not called ${JSON.stringify(name)}.`,
    'Use localhost, or start it with --host.',
  );
}

function changesSomething({ method }: FastifyRequest): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

/** A browser says where a request comes from; what says nothing is no browser. */
function checkOrigin({ headers, host }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  const allowed =
    site === undefined
      ? headers.origin === undefined || hostOf(headers.origin) === host
      : site === 'same-origin' || site === 'none';
  if (allowed) return;
  throw new RefusedError(
    'FORBIDDEN',
    'A page of another origin may not change anything here.',
    'Use the page of this server, or start it with --allow-origin.',
  );
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/**
 * `Bearer <key>`, or `Basic` with the key as the password of any name: what a browser asks its user for, and what clients of
 * AUTOMATIC1111 send.
 */
function isKey(authorization: string | undefined, apiKey: string): boolean {
  const [, scheme = '', value = ''] = /^(\w+) +(.*)$/.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return same(value, apiKey);
  if (scheme.toLowerCase() !== 'basic') return false;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return same(text.slice(text.indexOf(':') + 1), apiKey);
}

/** Takes as long wherever the two differ. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Somebody has typed the address into a browser. */
function asksForPage({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') ?? false;
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? url;
}
