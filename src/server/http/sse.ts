/**
 * Server-sent events (WHATWG HTML, section 9.2): a stream of `event:` and `data:`, with a comment now and then so that what
 * lies between keeps the connection open.
 */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Milliseconds. */
const beat = 15_000;

/**
 * Sends events until they end or the client has gone, which aborts the signal that `open` gets. `event:` is the kind, `data:`
 * the JSON of the rest.
 */
export function sendEvents(
  reply: FastifyReply,
  open: (signal: AbortSignal) => AsyncIterable<{ readonly kind: string }>,
): FastifyReply {
  const gone = new AbortController();
  const stream = new PassThrough();
  const heart = setInterval(() => stream.writableNeedDrain || stream.write(':\n\n'), beat);
  stream.once('close', () => gone.abort());
  const work = async () => {
    for await (const event of open(gone.signal)) {
      if (!stream.write(eventText(event))) await once(stream, 'drain', { signal: gone.signal });
    }
  };
  work()
    // Nobody is left to hear of an error: the client sees the stream end, and asks again.
    .catch(() => {})
    .finally(() => {
      clearInterval(heart);
      stream.end();
    });
  return reply
    .type('text/event-stream')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(stream);
}

function eventText({ kind, ...data }: { readonly kind: string }): string {
  return `event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}
