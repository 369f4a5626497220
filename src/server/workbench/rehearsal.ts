/**
 * What a training would take, tried in a process of its own: it measures its memory, and can be ended at any moment.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../checkpoint/packageRoot.ts';
import type { Experiment } from '../../distillation/experiment.ts';
import type { Estimate as Rehearsed } from '../../distillation/rehearse.ts';
import { RuntimeError } from '../../errors.ts';
import { startGeneratorProcess } from '../../process/generatorProcess.ts';
import type { RequestedDevice } from '../../runtime/session.ts';
import type { Estimate } from '../contract/workbench.ts';

export interface RehearsalTask {
  readonly experiment: Experiment;
  readonly device: RequestedDevice;
  /** For what it writes. */
  readonly folder: string;
}

/** Where the package is compiled, this module or not: only compiled code can be forked. */
const module = pathToFileURL(join(packageRoot(), 'dist', 'server', 'workbench', 'rehearser.js'));

/** Throws what `rehearse` throws, RuntimeError if the process dies, and the signal's reason, which ends the process. */
export async function rehearseInProcess(
  experiment: Experiment,
  device: RequestedDevice,
  signal: AbortSignal,
): Promise<Estimate> {
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'ksd-'));
  const rehearser = startGeneratorProcess<RehearsalTask, Rehearsed>(module, death);
  // It hears of a signal only between two steps, and nothing of it is kept.
  const kill = () => rehearser.pid === undefined || process.kill(rehearser.pid, 'SIGKILL');
  signal.addEventListener('abort', kill);
  try {
    const { value } = await rehearser.run({ experiment, device, folder }).next();
    return estimateOf(value as Rehearsed);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', kill);
    await rehearser.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function death(status: number | null, signal: NodeJS.Signals | null): RuntimeError {
  return new RuntimeError(
    `The process that rehearsed the experiment ended ${signal ? `by ${signal}` : `with status ${status}`}.`,
    'If there is too little memory, set training.accumulate or training.checkpointing.',
  );
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
