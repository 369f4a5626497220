/**
 * The Hub in small, for tests: its routes and headers on one port, the store to which it sends for large files on another.
 * Serves folders of this machine as repositories, and fails as it is told. Nothing but tests may import this.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative, sep } from 'node:path';
import { onTestFinished } from 'vitest';

export interface Served {
  readonly path: string;
  readonly content: Buffer;
}

export interface Seen {
  readonly host: 'hub' | 'store';
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** What goes wrong, by what the path of a request ends with; each is taken once, in order. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The connection is cut after so many bytes of the body. */
  | { readonly cutAfter: number }
  /** One byte of the body is another one. */
  | 'corrupt'
  /** A Range header is answered with everything. */
  | 'no-range'
  /** So many bytes come, then nothing more, and the connection stays. */
  | { readonly stallAfter: number };

export interface HubServer {
  readonly endpoint: string;
  readonly store: string;
  readonly seen: Seen[];
  /** By `org/name`. */
  readonly repos: Map<string, Served[]>;
  readonly faults: Map<string, Fault[]>;
  /** Entries in one page of a list. */
  pageSize: number;
  /** Files of so many bytes lie in the store. */
  largeFrom: number;
  /** Sizes that the lists give instead of the true ones, by path. */
  readonly claimed: Map<string, number>;
  /** Repositories that want this token. */
  readonly gated: Map<string, string>;
}

/** The files below `folder`. */
export async function filesBelow(folder: string): Promise<Served[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.sort().map(async (file) => ({
      path: relative(folder, file).split(sep).join('/'),
      content: await readFile(file),
    })),
  );
}

/** A server that ends with the test. */
export async function hubServer(repos: Readonly<Record<string, readonly Served[]>>): Promise<HubServer> {
  const server: HubServer = {
    endpoint: await listen((request, response) => answerAsHub(server, request, response)),
    store: await listen((request, response) => answerAsStore(server, request, response)),
    seen: [],
    repos: new Map(Object.entries(repos).map(([id, files]) => [id, [...files]])),
    faults: new Map(),
    pageSize: 1000,
    largeFrom: 10_000,
    claimed: new Map(),
    gated: new Map(),
  };
  return server;
}

/** The commit that `main` is: another one when the files are others. */
export function commitOf(files: readonly Served[]): string {
  return sha1(files.map(({ path, content }) => `${path} ${sha1(content)}`).join('\n'));
}

export function gitBlob(content: Buffer): string {
  return sha1(Buffer.concat([Buffer.from(`blob ${content.length}\0`), content]));
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function sha1(content: Buffer | string): string {
  return createHash('sha1').update(content).digest('hex');
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answerAsHub(server: HubServer, request: IncomingMessage, response: ServerResponse): ServerResponse {
  const url = new URL(request.url ?? '', server.endpoint);
  note(server, 'hub', request, url);
  const fault = takeFault(server, `hub ${url.pathname}`);
  if (typeof fault === 'object' && 'status' in fault) return fail(response, fault.status, fault.headers);
  const api = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)$/.exec(url.pathname);
  const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
  const id = api?.[1] ?? file?.[1] ?? '';
  const files = server.repos.get(id);
  if (files === undefined) {
    // The real one does not tell strangers what is missing and what is private.
    const known = request.headers.authorization !== undefined;
    return fail(response, known ? 404 : 401, known ? { 'X-Error-Code': 'RepoNotFound' } : {});
  }
  const commit = commitOf(files);
  const revision = decodeURIComponent(api?.[3] ?? file?.[2] ?? '');
  if (!['main', 'HEAD', commit].includes(revision)) {
    return fail(response, 404, { 'X-Error-Code': 'RevisionNotFound' });
  }
  if (api?.[2] === 'revision') return json(response, { _id: '1', id, sha: commit, private: false });
  if (api) return listPage(server, files, url, response);
  const token = server.gated.get(id);
  if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
    const status = request.headers.authorization === undefined ? 401 : 403;
    return fail(response, status, { 'X-Error-Code': 'GatedRepo' });
  }
  const found = files.find(({ path }) => path === decodeURIComponent(file?.[3] ?? ''));
  if (!found) return fail(response, 404, { 'X-Error-Code': 'EntryNotFound' });
  return sendFile(server, { found, id, commit, fault }, request, response);
}

interface Sending {
  readonly found: Served;
  readonly id: string;
  readonly commit: string;
  readonly fault: Fault | undefined;
}

function sendFile(
  server: HubServer,
  { found: { path, content }, id, commit, fault }: Sending,
  request: IncomingMessage,
  response: ServerResponse,
): ServerResponse {
  response.setHeader('X-Repo-Commit', commit);
  if (content.length < server.largeFrom) {
    response.setHeader('ETag', `"${gitBlob(content)}"`);
    return sendContent(content, fault, request, response);
  }
  response.writeHead(302, {
    Location: `${server.store}/${id}/${encodeURIComponent(path)}?signature=secret`,
    'X-Linked-Size': content.length,
    'X-Linked-Etag': `"${sha256(content)}"`,
  });
  return response.end();
}

function answerAsStore(
  server: HubServer,
  request: IncomingMessage,
  response: ServerResponse,
): ServerResponse {
  const url = new URL(request.url ?? '', server.store);
  note(server, 'store', request, url);
  const [, org, name, path] = url.pathname.split('/').map(decodeURIComponent);
  const content = server.repos.get(`${org}/${name}`)?.find((file) => file.path === path)?.content;
  if (!content) return fail(response, 404);
  const fault = takeFault(server, `store ${path}`);
  if (typeof fault === 'object' && 'status' in fault) return fail(response, fault.status, fault.headers);
  response.setHeader('ETag', `"store-${content.length}"`);
  return sendContent(content, fault, request, response);
}

function sendContent(
  whole: Buffer,
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): ServerResponse {
  const start =
    fault === 'no-range' ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const ranged = request.headers.range !== undefined && fault !== 'no-range';
  if (start >= whole.length && ranged) return fail(response, 416);
  const content = Buffer.from(whole.subarray(start));
  if (fault === 'corrupt') content[content.length - 1]! ^= 1;
  response.writeHead(ranged ? 206 : 200, {
    'Content-Length': content.length,
    ...(ranged ? { 'Content-Range': `bytes ${start}-${whole.length - 1}/${whole.length}` } : {}),
  });
  if (typeof fault !== 'object' || 'status' in fault) return response.end(content);
  if ('stallAfter' in fault) response.write(content.subarray(0, fault.stallAfter));
  else response.write(content.subarray(0, fault.cutAfter), () => response.destroy());
  return response;
}

function listPage(
  server: HubServer,
  files: readonly Served[],
  url: URL,
  response: ServerResponse,
): ServerResponse {
  const start = Number(url.searchParams.get('cursor') ?? 0);
  const end = start + server.pageSize;
  if (end < files.length) {
    const next = new URL(url);
    next.searchParams.set('cursor', String(end));
    response.setHeader('Link', `<${next.href}>; rel="next"`);
  }
  const folders = new Set(files.map(({ path }) => path.split('/').slice(0, -1).join('/')));
  const directories = [...folders].filter((path) => path !== '').map((path) => directory(path));
  return json(response, [
    ...(start === 0 ? directories : []),
    ...files.slice(start, end).map((file) => entry(server, file)),
  ]);
}

function directory(path: string) {
  return { type: 'directory', oid: sha1(path), size: 0, path };
}

function entry({ largeFrom, claimed }: HubServer, { path, content }: Served) {
  const size = claimed.get(path) ?? content.length;
  if (size < largeFrom) return { type: 'file', oid: gitBlob(content), size, path };
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(content)}\nsize ${size}\n`;
  const lfs = { oid: sha256(content), size, pointerSize: pointer.length };
  return { type: 'file', oid: gitBlob(Buffer.from(pointer)), size, lfs, path };
}

function note(server: HubServer, host: Seen['host'], request: IncomingMessage, url: URL): void {
  const { range, authorization } = request.headers;
  server.seen.push({ host, path: decodeURIComponent(url.pathname), range, authorization });
}

function takeFault({ faults }: HubServer, path: string): Fault | undefined {
  for (const [end, list] of faults) if (path.endsWith(end)) return list.shift();
  return undefined;
}

function json(response: ServerResponse, value: unknown): ServerResponse {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  return response.end(JSON.stringify(value));
}

function fail(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): ServerResponse {
  response.writeHead(status, headers);
  return response.end();
}
