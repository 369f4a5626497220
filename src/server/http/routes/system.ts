/**
 * `/api/system` and `/health`: contract/system.ts.
 */
import { z } from 'zod';
import { system } from '../../contract/system.ts';
import type { Services } from '../../services.ts';
import type { App } from '../types.ts';

const tags = ['system'];

const ok = z.object({ status: z.literal('ok') });
const unwell = z.object({ status: z.enum(['stopping', 'no worker']) });

export function systemRoutes(app: App, { system: describe, stopping, hasWorker }: Services): void {
  app.get(
    '/api/system',
    { schema: { tags, summary: 'What this server is and has', response: { 200: system } } },
    async () => describe(),
  );

  app.get(
    '/health',
    { schema: { tags, summary: 'Whether it works', response: { 200: ok, 503: unwell } } },
    async (_, reply) => {
      if (stopping.aborted) return reply.status(503).send({ status: 'stopping' });
      if (!(await hasWorker())) return reply.status(503).send({ status: 'no worker' });
      return reply.send({ status: 'ok' });
    },
  );
}
