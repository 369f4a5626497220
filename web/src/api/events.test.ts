import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { backOff, follow, readEvents, type ServerEvent } from './events.ts';
import { ApiError, readProblem } from './problem.ts';

type Count = { readonly kind: 'count'; readonly n: number } | { readonly kind: 'end' };

const bytes = (text: string) => new TextEncoder().encode(text);

function inPieces(data: Uint8Array, cuts: readonly number[]): ReadableStream<Uint8Array> {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (data.length + 1)), data.length])].sort(
    (a, b) => a - b,
  );
  return new ReadableStream({
    start(controller) {
      for (let at = 1; at < places.length; at++) controller.enqueue(data.slice(places[at - 1], places[at]));
      controller.close();
    },
  });
}

async function all(body: ReadableStream<Uint8Array>): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

describe('readEvents', () => {
  it('reads the same events however the bytes are cut, and whichever line ends they have', async () => {
    const event = fc.record({
      event: fc.constantFrom('job', 'step'),
      data: fc.array(fc.stringMatching(/^[가-힣a-z{}":, ]*$/), { minLength: 1, maxLength: 3 }),
    });
    const ends = fc.constantFrom('\n', '\r\n');
    await fc.assert(
      fc.asyncProperty(fc.array(event), ends, fc.array(fc.nat()), async (events, end, cuts) => {
        const text = events
          .map(({ event, data }) =>
            [`event: ${event}`, ...data.map((line) => `data: ${line}`), '', ''].join(end),
          )
          .join('');
        const read = await all(inPieces(bytes(text), cuts));
        expect(read).toEqual(events.map(({ event, data }) => ({ event, data: data.join('\n') })));
      }),
      { numRuns: 200 },
    );
  });

  it('skips comments and drops a frame that is not finished', async () => {
    const read = await all(inPieces(bytes(': alive\n\nevent: a\ndata:1\n\nevent: b\ndata: 2'), []));
    expect(read).toEqual([{ event: 'a', data: '1' }]);
  });
});

/** A server whose connection number n does what `answers[n]` says: events to send before it hangs up, or a status. */
async function serve(
  answers: readonly (readonly Count[] | number)[],
): Promise<{ url: string; opened: () => number }> {
  let opened = 0;
  const server = createServer((_, response) => {
    const answer = answers[opened++] ?? [];
    if (typeof answer === 'number') {
      response.writeHead(answer, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ status: answer, code: 'CODE', title: 'Wrong.', detail: 'Do this.' }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const { kind, ...data } of answer)
      response.write(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, opened: () => opened };
}

const opener = (url: string) => async (signal: AbortSignal) => {
  const response = await fetch(url, { signal });
  if (!response.ok) throw await readProblem(response);
  return response.body!;
};

describe('follow', () => {
  it('opens a lost connection again, tells so, and stops after the last event', async () => {
    const server = await serve([
      [{ kind: 'count', n: 1 }],
      503,
      [{ kind: 'count', n: 2 }, { kind: 'end' }],
      [],
    ]);
    const seen: Count[] = [];
    const connections: boolean[] = [];
    const pauses: number[] = [];
    await follow<Count>({
      open: opener(server.url),
      signal: new AbortController().signal,
      onConnection: (connected) => connections.push(connected),
      onEvent: (event) => {
        seen.push(event);
        return event.kind === 'end';
      },
      pause: async (attempt) => void pauses.push(attempt),
    });
    expect(seen).toEqual([{ kind: 'count', n: 1 }, { kind: 'count', n: 2 }, { kind: 'end' }]);
    expect(connections).toEqual([true, false, false, true]);
    // An event starts the count of tries anew.
    expect(pauses).toEqual([0, 1]);
    expect(server.opened()).toBe(3);
  });

  it('gives up on an answer that another try would not change', async () => {
    const server = await serve([404, []]);
    const following = follow<Count>({
      open: opener(server.url),
      signal: new AbortController().signal,
      onEvent: () => false,
    });
    await expect(following).rejects.toThrow(ApiError);
    expect(server.opened()).toBe(1);
  });

  it('ends quietly when it is aborted between two tries', async () => {
    const server = await serve([]);
    const abort = new AbortController();
    await follow<Count>({
      open: opener(server.url),
      signal: abort.signal,
      onEvent: () => false,
      pause: async (attempt, signal) => {
        if (attempt === 2) abort.abort();
        await backOff(-10, signal);
      },
    });
    expect(server.opened()).toBe(3);
  });
});
