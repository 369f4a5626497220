/**
 * One request to the server: JSON in, JSON out, every failure an ApiError. Knows no route.
 */
import { readProblem, unreachable } from './problem.ts';

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly json?: unknown;
  readonly body?: Blob;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly signal?: AbortSignal | undefined;
  readonly accept?: string;
}

/** Address of a path of the API, which stands beside the page. */
export function address(path: string, query: Ask['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** Throws ApiError where the server refuses or does not answer; an abort stays an abort. */
export async function send(path: string, ask: Ask = {}): Promise<Response> {
  const headers: Record<string, string> = { accept: ask.accept ?? 'application/json' };
  if (ask.json !== undefined) headers['content-type'] = 'application/json';
  if (ask.body) headers['content-type'] = ask.body.type;
  const response = await fetch(address(path, ask.query), {
    method: ask.method ?? 'GET',
    headers,
    body: ask.json === undefined ? (ask.body ?? null) : JSON.stringify(ask.json),
    signal: ask.signal ?? null,
  }).catch((error: unknown) => {
    if (ask.signal?.aborted) throw error;
    throw unreachable();
  });
  if (!response.ok) throw await readProblem(response);
  return response;
}

export async function ask<T>(path: string, options: Ask = {}): Promise<T> {
  const response = await send(path, options);
  return (response.status === 204 ? undefined : await response.json()) as T;
}
