/**
 * Server-sent events over fetch, so that a key can be sent and every failure is a sentence: frames are parsed here, and a
 * connection that is lost is opened again. https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import { send } from './http.ts';
import { ApiError } from './problem.ts';

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Events of a body as they arrive; an unfinished frame at its end is dropped, as the standard says. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      text += decoder.decode(chunk.value, { stream: true });
      // A carriage return at the end may be half of a line end.
      const frames = text.replace(/\r\n|\r(?!$)/g, '\n').split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const event = readFrame(frame);
        if (event) yield event;
      }
    }
  } finally {
    reader.releaseLock();
  }
}

function readFrame(frame: string): ServerEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of frame.split('\n')) {
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'event') event = value;
    if (name === 'data') data.push(value);
  }
  return data.length > 0 ? { event, data: data.join('\n') } : undefined;
}

export interface FollowOptions<E> {
  readonly open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  /** True when nothing follows this event. */
  readonly onEvent: (event: E) => boolean;
  /** False while the connection is lost. */
  readonly onConnection?: (connected: boolean) => void;
  readonly signal: AbortSignal;
  /** Before try 0, 1, 2, ... after the connection was lost. */
  readonly pause?: (attempt: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Hands on events until the last one, an abort, or an answer that another try would not change (4xx, thrown).
 * Events have their `event:` as `kind` beside what `data:` holds.
 */
export async function follow<E>(options: FollowOptions<E>): Promise<void> {
  const { open, onEvent, onConnection, signal, pause = backOff } = options;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const body = await open(signal);
      onConnection?.(true);
      for await (const { event, data } of readEvents(body)) {
        attempt = 0;
        if (onEvent({ kind: event, ...JSON.parse(data) } as E)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429)
        throw error;
    }
    if (signal.aborted) return;
    onConnection?.(false);
    await pause(attempt, signal);
  }
}

/** Half a second, then twice as long each time, up to ten. */
export function backOff(attempt: number, signal: AbortSignal): Promise<void> {
  const milliseconds = Math.min(10_000, 500 * 2 ** attempt);
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Opens the events of a path of the API. */
export async function openEvents(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const response = await send(path, { signal, accept: 'text/event-stream' });
  return response.body ?? new ReadableStream({ start: (controller) => controller.close() });
}
