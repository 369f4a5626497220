/**
 * The process that runs generators for the one that forked it (generatorProcess.ts).
 *
 * If that process dies, or this one gets SIGTERM or SIGUSR2, the work is asked to stop as by an abort. A terminal sends Ctrl-C to both:
 * the first is left to the parent, a second ends the process at once.
 */
import { failureOf, type Reply, type Request } from './messages.ts';

type Begin<Task, Event> = (task: Task, signal: AbortSignal) => AsyncGenerator<Event, void, void>;

/** Serves the parent until it lets go. Call it once, at the top of the module that is forked. */
export function serveGenerator<Task, Event>(begin: Begin<Task, Event>): void {
  let stop = new AbortController();
  let ending = false;
  let events: AsyncGenerator<Event, void, void> | undefined;
  /** Requests are served one after another; an abort is heard at once. */
  let serving: Promise<unknown> = Promise.resolve();

  /** Sends the next event; true if there may be more. */
  async function advance(): Promise<boolean> {
    try {
      const next = await events?.next();
      if (!next || next.done) {
        say({ kind: 'end' });
        return false;
      }
      say({ kind: 'event', event: next.value });
      return true;
    } catch (error) {
      say({ kind: 'failed', failure: failureOf(error, stop.signal.aborted && error === stop.signal.reason) });
      return false;
    }
  }

  function open(task: Task): void {
    stop = new AbortController();
    if (ending) stop.abort();
    events = begin(task, stop.signal);
  }

  process.on('message', (request: Request<Task>) => {
    if (request.kind === 'abort') return stop.abort();
    if (request.kind === 'begin') open(request.task);
    else if (request.kind === 'next') serving = serving.then(advance);
    else serving = serving.then(() => events?.return()).then(() => say({ kind: 'end' }));
  });

  process.on('disconnect', () => {
    stop.abort();
    serving = serving.then(async () => {
      while (await advance());
      process.exit();
    });
  });

  // Launchers of several processes may pass SIGUSR2 on to whole process groups.
  for (const name of ['SIGTERM', 'SIGUSR2'] as const) {
    process.on(name, () => {
      ending = true;
      stop.abort();
    });
  }
  process.once('SIGINT', () => {});
}

function say<Event>(reply: Reply<Event>): void {
  // Nobody listens any more where the channel is closed.
  if (process.connected) process.send?.(reply, () => {});
}
