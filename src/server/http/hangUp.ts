/**
 * A client that goes away.
 */
import type { FastifyReply } from 'fastify';

/** Aborted when the client hangs up before its answer was sent. */
export function hangUp(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
