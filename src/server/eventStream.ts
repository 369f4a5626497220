/**
 * Server-sent events out of an async generator (HTML Living Standard, "Server-sent events"): `event:` is the kind of each,
 * `data:` the JSON of the rest.
 */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';

interface Event {
  readonly kind: string;
}

/** A proxy closes a connection on which nothing comes. */
const quietMs = 15_000;

/**
 * Sends what `events` yields until it ends, the client is gone, or `signal` says that the server stops; `events` gets a
 * signal of all that. A client that reads slowly makes it wait.
 */
export function sendEvents(
  reply: FastifyReply,
  signal: AbortSignal,
  events: (signal: AbortSignal) => AsyncGenerator<Event, void, void>,
): FastifyReply {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const lines = linesOf(events(AbortSignal.any([gone.signal, signal])));
  return reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    .send(Readable.from(lines, { objectMode: false }));
}

async function* linesOf(events: AsyncGenerator<Event, void, void>): AsyncGenerator<string, void, void> {
  try {
    for (let next = events.next(); ; ) {
      const heard = new AbortController();
      const quiet = sleep(quietMs, undefined, { signal: heard.signal }).catch(() => undefined);
      const event = await Promise.race([next, quiet]).finally(() => heard.abort());
      if (event?.done) return;
      yield event ? textOf(event.value) : ': \n\n';
      if (event) next = events.next();
    }
  } finally {
    await events.return();
  }
}

function textOf({ kind, ...rest }: Event): string {
  return `event: ${kind}\ndata: ${JSON.stringify(rest)}\n\n`;
}
