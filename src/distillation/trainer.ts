/**
 * The training process: runs `train` for the process that forked it (trainProcess.ts). Asked to stop, it does so after its
 * step, with a checkpoint. It is this process, not the command, that joins those of an MPI launcher.
 */
import { serveGenerator } from '../process/serveGenerator.ts';
import { openRuntime } from '../runtime/node.ts';
import type { RequestedDevice } from '../runtime/session.ts';
import type { TrainEvent } from './events.ts';
import type { Experiment } from './experiment.ts';
import { launchOf, threadsOf } from './parallel/launch.ts';
import { openCollective } from './parallel/open.ts';
import { train } from './train.ts';

export interface TrainingTask {
  readonly experiment: Experiment;
  readonly device: RequestedDevice;
  readonly folder: string;
}

serveGenerator<TrainingTask, TrainEvent>(async function* ({ experiment, device, folder }, signal) {
  const launch = launchOf(process.env);
  const collective = await openCollective(launch);
  const runtime = await openRuntime(device, launch ? { threads: threadsOf(launch) } : {});
  yield* train(experiment, { runtime, folder, signal, collective });
  // Not where it failed: then the others never come.
  await collective.close();
});
