/**
 * What a training changes: the parameters and the moments of Adam, and how a step updates them.
 *
 * One member for each place where they can lie (registry.ts). Sessions are fed from there, and the gradients that they compute
 * are brought there; all of it comes to light only in a snapshot, for a checkpoint. Knows no student and no data.
 */
import { CheckpointError } from '../../errors.ts';
import type { DeviceTensor, Feeds, KeepingRuntime } from '../../runtime/keeping.ts';
import type { AdamWOptions } from '../adamw/adamw.ts';
import type { Collective } from '../parallel/collective.ts';

/** A parameter to train, with its first values. */
export interface TrainedParameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Does weight decay apply to it? See ../decay.ts. */
  readonly decay: boolean;
  readonly data: Float32Array;
}

/** A parameter and its moments, each of `shape`. */
export interface ParameterSnapshot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parameter: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
}

export interface StateSnapshot {
  /** Updates that were applied. */
  readonly step: number;
  readonly parameters: readonly ParameterSnapshot[];
}

export interface UpdateSettings {
  readonly learningRate: number;
  /** What the loss was multiplied by; its gradients are checked and divided by it. */
  readonly lossScale?: number | undefined;
}

export interface TrainingState {
  readonly parameters: readonly Pick<TrainedParameter, 'name' | 'shape'>[];
  /** The parameters as a session is fed them: good until the next update. */
  feeds(): Feeds;
  /** Adds gradients, by name of every parameter, to those of the next update, and takes them over. */
  add(gradients: Readonly<Record<string, DeviceTensor>>): Promise<void>;
  /**
   * Adds the gradients of the other processes, which call this too, to those that were added here: none, where there was
   * nothing to compute.
   */
  exchange(collective: Collective): Promise<void>;
  /**
   * Takes a step of AdamW by the gradients that were added, and forgets them. False, with nothing changed, where the loss was
   * scaled and a gradient is no finite number.
   */
  update(settings: UpdateSettings): Promise<boolean>;
  /** Everything, on the host: good until the next update. */
  snapshot(): Promise<StateSnapshot>;
  /** Takes over what `snapshot` gave. Throws CheckpointError, and changes nothing, if names or lengths differ. */
  restore(snapshot: StateSnapshot): void;
  dispose(): Promise<void>;
}

/** Opens a member. Throws ConfigError for options outside their range. */
export type OpenState = (
  runtime: KeepingRuntime,
  parameters: readonly TrainedParameter[],
  options: AdamWOptions,
) => Promise<TrainingState>;

/** Elements of a parameter. */
export function sizeOf({ shape }: Pick<TrainedParameter, 'shape'>): number {
  return shape.reduce((product, side) => product * side, 1);
}

const remedy = 'Resume with the model and the experiment that wrote this checkpoint.';

/** Throws CheckpointError unless `snapshot` is one of these parameters. */
export function checkSnapshot(
  parameters: readonly Pick<TrainedParameter, 'name' | 'shape'>[],
  snapshot: StateSnapshot,
): void {
  if (!Number.isSafeInteger(snapshot.step) || snapshot.step < 0) {
    throw new CheckpointError(`The optimizer state has the step count ${snapshot.step}.`, remedy);
  }
  const found = new Map(snapshot.parameters.map((each) => [each.name, each]));
  for (const parameter of parameters) {
    const { name } = parameter;
    const length = sizeOf(parameter);
    const each = found.get(name);
    for (const part of ['parameter', 'firstMoment', 'secondMoment'] as const) {
      if (each?.[part].length === length) continue;
      throw new CheckpointError(
        `The checkpoint has ${each?.[part].length ?? 'no'} values of '${name}' (${part}), which has ${length} elements.`,
        remedy,
      );
    }
    found.delete(name);
  }
  const [stranger] = found.keys();
  if (stranger === undefined) return;
  throw new CheckpointError(`The checkpoint has values for '${stranger}', which is not trained.`, remedy);
}
