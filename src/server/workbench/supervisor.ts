/**
 * Runs that are started here: `ksd distill` in a process of its own, one at a time, the others wait for it. That process
 * trains and draws the samples; what it does is read from the run's folder.
 *
 * It is asked to stop by closing its channel, which the death of this process does too: it then saves a checkpoint.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../checkpoint/packageRoot.ts';
import { clearFailure, type RunFailure, readFailure, writeFailure } from '../../distillation/runFailure.ts';
import { experimentFile } from '../../distillation/runFolder.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import { StoppingError } from '../errors.ts';
import type { OwnState } from './runs.ts';

export interface RunSupervisor {
  readonly own: OwnState;
  /**
   * The run whose experiment lies in its folder begins or goes on, or waits for the one before. Throws StoppingError once
   * this is closed.
   */
  start(name: string): void;
  /** After the step, with a checkpoint. False if the run neither goes on nor waits here. */
  stop(name: string): boolean;
  /** Stops what goes on, starts nothing any more; resolves when no process is left. */
  close(): Promise<void>;
}

export interface SupervisorOptions {
  readonly runsFolder: string;
  readonly device: RequestedDevice;
  /** Hears of runs that could not be started or followed. */
  readonly onError: (error: unknown) => void;
}

/** What the process says, in the run's folder. */
const logFile = 'distill.log';

/** Exit statuses of `ksd distill` that are no failure: finished, and stopped with a checkpoint. */
const goodEnds: readonly (number | null)[] = [0, 130];

interface Current {
  readonly name: string;
  stopping: boolean;
  child?: ChildProcess;
  done: Promise<void>;
}

export function superviseRuns({ runsFolder, device, onError }: SupervisorOptions): RunSupervisor {
  const waiting: string[] = [];
  const failures = new Map<string, RunFailure>();
  let current: Current | undefined;
  let closed = false;

  const next = () => {
    const name = closed || current ? undefined : waiting.shift();
    if (name === undefined) return;
    const run: Current = { name, stopping: false, done: Promise.resolve() };
    current = run;
    run.done = train(run)
      .catch((error) => {
        failures.set(name, notStarted(error));
        onError(error);
      })
      .finally(() => {
        current = undefined;
        next();
      });
  };

  const train = async (run: Current) => {
    const folder = join(runsFolder, run.name);
    failures.delete(run.name);
    await clearFailure(folder);
    const log = await open(join(folder, logFile), 'w');
    try {
      run.child = startDistill(folder, runsFolder, device, log);
      if (run.stopping) run.child.disconnect();
      const failure = await failureOf(run.child, folder);
      if (failure === undefined) return;
      failures.set(run.name, failure);
      if ((await readFailure(folder)) === undefined) await writeFailure(folder, failure);
    } finally {
      await log.close();
    }
  };

  const stop = (name: string): boolean => {
    const place = waiting.indexOf(name);
    if (place >= 0) waiting.splice(place, 1);
    if (current?.name !== name) return place >= 0;
    current.stopping = true;
    if (current.child?.connected) current.child.disconnect();
    return true;
  };

  return {
    own: (name) => {
      if (current?.name === name) return { state: current.stopping ? 'stopping' : 'running' };
      if (waiting.includes(name)) return { state: 'waiting' };
      const failure = failures.get(name);
      return failure ? { failure } : {};
    },
    start: (name) => {
      if (closed) throw new StoppingError();
      waiting.push(name);
      next();
    },
    stop,
    close: async () => {
      closed = true;
      waiting.length = 0;
      if (current) stop(current.name);
      await current?.done;
    },
  };
}

function startDistill(
  folder: string,
  runsFolder: string,
  device: RequestedDevice,
  { fd }: FileHandle,
): ChildProcess {
  // Where the package is compiled, this module or not: only compiled code can be forked.
  const command = join(packageRoot(), 'dist', 'cli', 'main.js');
  return fork(command, ['distill', join(folder, experimentFile), '--out', runsFolder, '--device', device], {
    env: { ...process.env, KSD_LANG: 'en' },
    execArgv: [],
    stdio: ['ignore', fd, fd, 'ipc'],
    // A terminal sends Ctrl-C to the whole group, and a second one would end the process without a checkpoint.
    detached: true,
  });
}

/** Why it ended, once it has; undefined if it is finished or was stopped. */
async function failureOf(child: ChildProcess, folder: string): Promise<RunFailure | undefined> {
  const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...end) => resolve(end));
  });
  if (goodEnds.includes(status)) return undefined;
  return (
    (await readFailure(folder)) ?? {
      code: 'INTERRUPTED',
      problem: `The process of the run ended ${signal ? `by ${signal}` : `with status ${status}`}.`,
      remedy: `Resume the run: it goes on from its last checkpoint. ${logFile} in its folder may tell more.`,
    }
  );
}

function notStarted(error: unknown): RunFailure {
  return {
    code: 'INTERNAL',
    problem: `The run could not be started or followed: ${error instanceof Error ? error.message : error}.`,
    remedy: 'Check the free space and the permissions of its folder, then resume it.',
  };
}
