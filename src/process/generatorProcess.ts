/**
 * A generator that runs in a process of its own: work that keeps its thread busy for long leaves this process awake. The
 * other side is serveGenerator.ts. Knows no work in particular.
 */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { errorOf, type Reply, type Request } from './messages.ts';

export interface GeneratorProcess<Task, Event> {
  readonly pid: number | undefined;
  /** Whether it can be asked for more. */
  alive(): boolean;
  /**
   * The events of one task; only one at a time. Throws what the generator throws, as a KsdError of the same code, the reason
   * of `signal` where that stopped it, and what `death` says if the process dies.
   */
  run(task: Task, signal?: AbortSignal): AsyncGenerator<Event, void, void>;
  /** Lets it go, and waits until it is gone. */
  close(): Promise<void>;
}

/** Ends with a status or by a signal. */
export type Death = (status: number | null, signal: NodeJS.Signals | null) => Error;

/** `module`: compiled code that calls `serveGenerator`; only such can be forked. */
export function startGeneratorProcess<Task, Event>(
  module: URL | string,
  death: Death,
  options: ForkOptions = {},
): GeneratorProcess<Task, Event> {
  // Numbers that are none and bytes survive `advanced`, not JSON.
  const child = fork(module, { ...options, serialization: 'advanced' });
  const { ask, tell, close } = converse<Task, Event>(child, death);
  const alive = () => child.connected && child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid,
    alive,
    close,
    async *run(task, signal) {
      const abort = () => tell({ kind: 'abort' });
      signal?.addEventListener('abort', abort);
      let ended = false;
      try {
        tell({ kind: 'begin', task });
        if (signal?.aborted) abort();
        for (;;) {
          const reply = await ask({ kind: 'next' });
          ended = reply.kind !== 'event';
          if (reply.kind === 'event') yield reply.event;
          else if (reply.kind === 'end') return;
          else if (reply.failure.aborted && signal?.aborted) throw signal.reason;
          else throw errorOf(reply.failure);
        }
      } finally {
        signal?.removeEventListener('abort', abort);
        if (!ended && alive()) await ask({ kind: 'return' });
      }
    },
  };
}

function converse<Task, Event>(child: ChildProcess, death: Death) {
  let settle: { resolve(reply: Reply<Event>): void; reject(error: Error): void } | undefined;
  let dead: Error | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      dead = error;
      settle?.reject(error);
      resolve();
    });
    child.once('exit', (status, signal) => {
      dead ??= death(status, signal);
      settle?.reject(dead);
      resolve();
    });
  });
  child.on('message', (reply: Reply<Event>) => settle?.resolve(reply));
  const tell = (request: Request<Task>) => {
    if (child.connected) child.send(request as object, () => {});
  };
  return {
    tell,
    /** Its answer. Throws if it dies before. */
    ask: (request: Request<Task>) =>
      new Promise<Reply<Event>>((resolve, reject) => {
        if (dead) return reject(dead);
        settle = { resolve, reject };
        tell(request);
      }),
    close: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
