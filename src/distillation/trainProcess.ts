/**
 * `train` in a process of its own: a step keeps its thread busy for seconds, and here only messages arrive, so that a
 * command line or a server stays awake beside it. The same events in the same order.
 */
import { RuntimeError } from '../errors.ts';
import { startGeneratorProcess } from '../process/generatorProcess.ts';
import type { RequestedDevice } from '../runtime/session.ts';
import type { TrainEvent } from './events.ts';
import type { Experiment } from './experiment.ts';
import { launchPassedOn } from './parallel/launch.ts';
import type { TrainingTask } from './trainer.ts';

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
  const module = new URL('./trainer.js', import.meta.url);
  const options = launchPassedOn(process.env);
  const trainer = startGeneratorProcess<TrainingTask, TrainEvent>(module, death, options);
  try {
    yield* trainer.run({ experiment, device, folder }, signal);
  } finally {
    await trainer.close();
  }
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
