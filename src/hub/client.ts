/**
 * Requests to the Hub. The token goes to the Hub's own origin and nowhere else: redirects, which lead to the stores where
 * large files lie, are followed by hand. What fails for a reason that passes is tried again.
 */
import type { HubAccess } from './access.ts';
import { type Asked, busy, disconnected, refusal, unintelligible } from './failures.ts';
import { type RetryOptions, withRetries } from './retry.ts';

export interface HubClient {
  readonly endpoint: string;
  readonly asked: Asked;
  /** How to try again; for work that makes several requests. */
  readonly retries: RetryOptions;
  /** GET, once. Throws HubError unless the answer is ok. */
  ask(url: string, headers?: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Answer>;
  /** GET of something small with its whole body, tried again where that may help. */
  get(url: string): Promise<Response>;
}

export interface Answer {
  readonly response: Response;
  /** X-Linked-Etag of the Hub, which names the content that its redirect leads to. */
  readonly linkedEtag?: string;
}

const mostRedirects = 5;

export function hubClient(access: HubAccess, asked: Asked, retries: RetryOptions = {}): HubClient {
  const origin = new URL(access.endpoint).origin;

  async function ask(first: string, headers: Readonly<Record<string, string>> = {}, signal = retries.signal) {
    let url = first;
    let linkedEtag: string | undefined;
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const own = new URL(url).origin === origin;
      const response = await send(url, {
        redirect: 'manual',
        // Compressed bytes could be neither counted nor continued.
        headers: { ...headers, 'accept-encoding': 'identity', ...(own ? authorization(access) : {}) },
        ...(signal ? { signal } : {}),
      });
      linkedEtag ??= response.headers.get('x-linked-etag') ?? undefined;
      const location = response.headers.get('location');
      if (response.ok) return { response, ...(linkedEtag === undefined ? {} : { linkedEtag }) };
      await response.body?.cancel().catch(() => {});
      if (response.status < 300 || response.status >= 400 || location === null) {
        // A store refuses links that have expired: the Hub gives a new one.
        throw own ? refusal(response, access, asked) : busy(response);
      }
      url = followed(location, url);
    }
    throw unintelligible(first, 'it redirects for ever');
  }

  return {
    endpoint: access.endpoint,
    asked,
    retries,
    ask,
    get: (url) => withRetries(async () => readWhole(url, (await ask(url)).response), retries),
  };
}

function authorization({ token }: HubAccess): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (init.signal?.aborted && cause === init.signal.reason) throw cause;
    throw disconnected(url, cause);
  }
}

/** A dropped connection then fails here, where it is tried again, and not where the body is used. */
async function readWhole(url: string, { status, headers, body }: Response): Promise<Response> {
  const content = await new Response(body).arrayBuffer().catch((cause) => {
    throw disconnected(url, cause);
  });
  return new Response(content, { status, headers });
}

function followed(location: string, from: string): string {
  const url = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url.href;
  throw unintelligible(from, 'it redirects to what is no web address');
}
