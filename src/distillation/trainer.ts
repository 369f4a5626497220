/**
 * The training process: runs `train` for the process that forked it (trainProcess.ts) and tells it what happens.
 *
 * If that process dies, or this one gets SIGTERM, it stops after its step, with a checkpoint. A terminal sends Ctrl-C to
 * both: the first is left to the parent, a second ends the process at once.
 *
 * It is this process, not the command, that joins those of an MPI launcher.
 */
import { openRuntime } from '../runtime/node.ts';
import type { TrainEvent } from './events.ts';
import { failureOf, type Reply, type Request } from './messages.ts';
import { launchOf, threadsOf } from './parallel/launch.ts';
import { openCollective } from './parallel/open.ts';
import { train } from './train.ts';

const stop = new AbortController();
let events: AsyncGenerator<TrainEvent, void, void> | undefined;

async function* begin({ experiment, device, folder }: Extract<Request, { kind: 'begin' }>) {
  const launch = launchOf(process.env);
  const collective = await openCollective(launch);
  const runtime = await openRuntime(device, launch ? { threads: threadsOf(launch) } : {});
  yield* train(experiment, { runtime, folder, signal: stop.signal, collective });
  // Not where it failed: then the others never come.
  await collective.close();
}

function say(reply: Reply): void {
  // Nobody listens any more where the channel is closed.
  if (process.connected) process.send?.(reply, () => {});
}

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

/** Requests are served one after another; an abort is heard at once. */
let serving: Promise<unknown> = Promise.resolve();

process.on('message', (request: Request) => {
  if (request.kind === 'abort') return stop.abort();
  if (request.kind === 'begin') events = begin(request);
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

process.on('SIGTERM', () => stop.abort());
// Launchers may pass signals on to whole process groups.
process.on('SIGUSR2', () => stop.abort());
process.once('SIGINT', () => {});
