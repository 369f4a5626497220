/**
 * The page: static files that were built beside this code. Names of assets carry a hash of what is in them, so those are kept
 * for good; the page itself is asked for each time.
 */
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const notBuilt = `<!doctype html>
<meta charset="utf-8">
<title>ksd serve</title>
<h1>ksd serve</h1>
<p lang="ko">서버는 돌아가고 있지만 페이지가 빌드되지 않았습니다. <code>npm run build</code>를 실행한 뒤 새로 고치세요.</p>
<p lang="en">The server runs, but its page was not built: run <code>npm run build</code> and load this again.</p>
<p><a href="/docs">API</a></p>
`;

export async function addPage(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    app.get('/', { schema: { hide: true } }, (_, reply) =>
      reply.type('text/html; charset=utf-8').send(notBuilt),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    schemaHide: true,
    cacheControl: false,
    setHeaders(reply, path) {
      const hashed = path.startsWith(join(folder, 'assets') + sep);
      reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
