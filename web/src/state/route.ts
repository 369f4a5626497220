/**
 * Where the page is: `#/training/emoji-roberta?tab=curves`. Hashes need nothing of the server that serves the page.
 */
import { signal } from '@preact/signals';

export const pages = ['draw', 'compare', 'training', 'corpus', 'results'] as const;
export type Page = (typeof pages)[number];

export interface Route {
  readonly page: Page;
  /** What of the page: name of a run, a corpus or a result. */
  readonly name: string | undefined;
  readonly params: Readonly<Record<string, string>>;
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [first = '', second] = path.split('/').map(decoded);
  const page = pages.find((known) => known === first) ?? 'draw';
  return { page, name: second || undefined, params: Object.fromEntries(new URLSearchParams(query)) };
}

export function formatRoute(
  page: Page,
  name?: string,
  params: Record<string, string | undefined> = {},
): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value) search.set(key, value);
  const path = name ? `${page}/${encodeURIComponent(name)}` : page;
  return search.size > 0 ? `#/${path}?${search}` : `#/${path}`;
}

export const route = signal<Route>(parseRoute(globalThis.location?.hash ?? ''));

export function startRouting(): void {
  addEventListener('hashchange', () => {
    route.value = parseRoute(location.hash);
  });
}

/** Goes to a page, as a link does. */
export function go(page: Page, name?: string, params?: Record<string, string | undefined>): void {
  location.hash = formatRoute(page, name, params);
}

/** Changes parameters of this page without a step in the history. */
export function setParams(params: Record<string, string | undefined>): void {
  const { page, name, params: old } = route.value;
  history.replaceState(null, '', formatRoute(page, name, { ...old, ...params }));
  route.value = parseRoute(location.hash);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
