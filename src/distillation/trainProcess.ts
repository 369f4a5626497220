/**
 * `train` in a process of its own: a step keeps its thread busy for seconds, and here only messages arrive, so that a
 * command line or a server stays awake beside it. The same events in the same order.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { RuntimeError } from '../errors.ts';
import type { RequestedDevice } from '../runtime/session.ts';
import type { TrainEvent } from './events.ts';
import type { Experiment } from './experiment.ts';
import { errorOf, type Reply, type Request } from './messages.ts';
import { launchPassedOn } from './parallel/launch.ts';

export interface TrainProcessOptions {
  readonly device: RequestedDevice;
  /** The run's folder. */
  readonly folder: string;
  /** Stops after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/**
 * The events of `train(experiment)`. Throws what it throws, as a KsdError of the same code, and RuntimeError if the
 * process dies.
 */
export async function* trainInProcess(
  experiment: Experiment,
  { device, folder, signal }: TrainProcessOptions,
): AsyncGenerator<TrainEvent, void, void> {
  // Only compiled code can be forked. Losses that are not numbers survive `advanced`, not JSON.
  const child = fork(new URL('./trainer.js', import.meta.url), {
    serialization: 'advanced',
    ...launchPassedOn(process.env),
  });
  const { ask, tell, close } = converse(child);
  const abort = () => tell({ kind: 'abort' });
  signal?.addEventListener('abort', abort);
  let ended = false;
  try {
    tell({ kind: 'begin', experiment, device, folder });
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
    if (!ended && child.exitCode === null && child.signalCode === null) await ask({ kind: 'return' });
    await close();
  }
}

function converse(child: ChildProcess) {
  let settle: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;
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
  child.on('message', (reply: Reply) => settle?.resolve(reply));
  const tell = (request: Request) => {
    if (child.connected) child.send(request, () => {});
  };
  return {
    tell,
    /** Its answer. Throws if it dies before. */
    ask: (request: Request) =>
      new Promise<Reply>((resolve, reject) => {
        if (dead) return reject(dead);
        settle = { resolve, reject };
        tell(request);
      }),
    /** Lets it go, and waits until it is gone. */
    close: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

function death(status: number | null, signal: NodeJS.Signals | null): RuntimeError {
  const memory =
    signal === 'SIGKILL'
      ? ' If the system ended it for lack of memory, set training.accumulate or training.checkpointing.'
      : '';
  return new RuntimeError(
    `The training process ended ${signal ? `by ${signal}` : `with status ${status}`}.`,
    `Run the same command again: it goes on from the last checkpoint.${memory}`,
  );
}
