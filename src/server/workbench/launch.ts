/**
 * Which runs may be started, resumed and stopped, decided one request after the other.
 */
import { join } from 'node:path';
import { differences, type Experiment } from '../../distillation/experiment.ts';
import { lockState } from '../../distillation/lock.ts';
import { readRunExperiment, writeRunExperiment } from '../../distillation/runFolder.ts';
import { ConflictError } from '../errors.ts';
import type { Entry } from './names.ts';
import { experimentOf, progressOf } from './runs.ts';
import type { RunSupervisor } from './supervisor.ts';

export interface Launcher {
  /** Begins the run of an experiment, or goes on with it where its folder holds one. */
  begin(experiment: Experiment): Promise<Entry>;
  resume(run: Entry): Promise<void>;
  stop(run: Entry): Promise<void>;
}

/** Its methods throw ConflictError where the state of the run forbids it. */
export function launchRuns(runsFolder: string, supervisor: RunSupervisor): Launcher {
  const alone = oneAtATime();
  const start = async ({ name, path }: Entry, experiment: Experiment) => {
    await refuseIfBusy({ name, path }, supervisor);
    const progress = await progressOf(path);
    if (progress && progress.epoch >= experiment.training.epochs) {
      throw new ConflictError(`The run ${name} is finished.`, 'Give the experiment another name.');
    }
    if (progress && progress.step > 0) await refuseIfChanged({ name, path }, experiment);
    else await writeRunExperiment(path, experiment);
    supervisor.start(name);
  };
  return {
    begin: (experiment) =>
      alone(async () => {
        const run = { name: experiment.name, path: join(runsFolder, experiment.name) };
        await start(run, experiment);
        return run;
      }),
    resume: (run) =>
      alone(async () => {
        const experiment = await experimentOf(run.path);
        if (experiment.name !== run.name) {
          throw new ConflictError(
            `The folder ${run.name} holds the run ${experiment.name}.`,
            `Give the folder its old name: ${experiment.name}.`,
          );
        }
        await start(run, experiment);
      }),
    stop: ({ name, path }) =>
      alone(async () => {
        if (supervisor.stop(name)) return;
        throw (await lockState(path)) === 'held'
          ? new ConflictError(
              `The run ${name} was not started here.`,
              'Stop it where it was: Ctrl-C in its terminal.',
            )
          : new ConflictError(`The run ${name} does not go on.`, 'There is nothing to stop.');
      }),
  };
}

async function refuseIfBusy({ name, path }: Entry, { own }: RunSupervisor): Promise<void> {
  if (own(name).state === undefined && (await lockState(path)) !== 'held') return;
  throw new ConflictError(
    `The run ${name} goes on already.`,
    'Wait for its end or stop it; or give the experiment another name.',
  );
}

async function refuseIfChanged({ name, path }: Entry, experiment: Experiment): Promise<void> {
  const changes = differences((await readRunExperiment(path)) ?? experiment, experiment);
  if (changes.length === 0) return;
  throw new ConflictError(
    `${name} names a run of another experiment: ${changes.join('; ')}.`,
    'Undo the change, or give the experiment another name.',
  );
}

/** Each piece of work begins when the one before has ended. */
export function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve();
  return <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}
