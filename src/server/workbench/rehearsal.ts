/**
 * What a training would take, tried in a process of its own: see rehearser.ts.
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../checkpoint/packageRoot.ts';
import type { Experiment } from '../../distillation/experiment.ts';
import { errorOf, type Failure } from '../../distillation/messages.ts';
import type { Estimate as Rehearsed } from '../../distillation/rehearse.ts';
import { RuntimeError } from '../../errors.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import type { Estimate } from '../contract/workbench.ts';

export interface RehearsalRequest {
  readonly experiment: Experiment;
  readonly device: RequestedDevice;
  /** For what it writes. */
  readonly folder: string;
}

export type RehearsalAnswer =
  | { readonly kind: 'estimate'; readonly estimate: Rehearsed }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * Throws what `rehearse` throws, RuntimeError if the process dies, and the signal's reason: the process is ended then.
 */
export async function rehearseInProcess(
  experiment: Experiment,
  device: RequestedDevice,
  signal: AbortSignal,
): Promise<Estimate> {
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'ksd-'));
  try {
    const answer = await ask({ experiment, device, folder }, signal);
    if (answer.kind === 'failed') throw errorOf(answer.failure);
    return estimateOf(answer.estimate);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Resolves when the process is gone. */
async function ask(request: RehearsalRequest, signal: AbortSignal): Promise<RehearsalAnswer> {
  // Where the package is compiled, this module or not: only compiled code can be forked.
  const module = join(packageRoot(), 'dist', 'server', 'workbench', 'rehearser.js');
  const child = fork(module, {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  try {
    let answer: RehearsalAnswer | undefined;
    child.once('message', (message: RehearsalAnswer) => {
      answer = message;
    });
    child.send(request, () => {});
    const end = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (status, by) => resolve(by ? `by ${by}` : `with status ${status}`));
    });
    signal.throwIfAborted();
    if (answer) return answer;
    throw new RuntimeError(
      `The process that rehearsed the experiment ended ${end}.`,
      'If there is too little memory, set training.accumulate or training.checkpointing.',
    );
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/** Checkpoints that lie beside each other at most: `best`, `last`, and the one that is being written. */
const mostCheckpoints = 3;

function estimateOf({ facts, flopsAStep, memory, cache, time }: Rehearsed): Estimate {
  return {
    steps: facts.totalSteps,
    seconds: time.teacher + time.steps + time.validation,
    memory: memory.peak,
    disk: cache + mostCheckpoints * (memory.parameters + memory.moments),
    flopsPerStep: Math.round(flopsAStep),
    trainPairs: facts.trainPairs,
    validationPairs: facts.validationPairs,
  };
}
