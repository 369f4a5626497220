/**
 * The training process: runs `train` for the process that forked it (trainProcess.ts). Asked to stop, it does so after its
 * step, with a checkpoint.
 */
import { serveGenerator } from '../process/serveGenerator.ts';
import { openRuntime } from '../runtime/node.ts';
import type { RequestedDevice } from '../runtime/session.ts';
import type { TrainEvent } from './events.ts';
import type { Experiment } from './experiment.ts';
import { train } from './train.ts';

export interface TrainingTask {
  readonly experiment: Experiment;
  readonly device: RequestedDevice;
  readonly folder: string;
}

serveGenerator<TrainingTask, TrainEvent>(async function* ({ experiment, device, folder }, signal) {
  const runtime = await openRuntime(device);
  yield* train(experiment, { runtime, folder, signal });
});
