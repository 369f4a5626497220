/**
 * What a training run tells its caller while it goes.
 */
import type { DataEvent } from './data.ts';
import type { EpochMetric, StepMetric } from './runFolder.ts';

export type TrainEvent =
  | DataEvent
  | { readonly kind: 'start'; readonly folder: string; readonly facts: RunFacts }
  /** The teacher reads sentences, once. */
  | { readonly kind: 'teacher'; readonly done: number; readonly total: number }
  | StepEvent
  | ValidateEvent
  | {
      readonly kind: 'epoch';
      readonly metric: EpochMetric;
      /** Is its loss the lowest so far? */
      readonly best: boolean;
      /** Folder of the checkpoint that was written. */
      readonly checkpoint: string;
    }
  /** The caller's signal was seen; the run goes on from here when it is started again. */
  | { readonly kind: 'stopped'; readonly step: number; readonly checkpoint: string };

export interface StepEvent {
  readonly kind: 'step';
  readonly metric: StepMetric;
  readonly totalSteps: number;
}

/** `done` of `total` validation pairs are measured. */
export interface ValidateEvent {
  readonly kind: 'validate';
  readonly done: number;
  readonly total: number;
}

export interface RunFacts {
  /** Trained values. */
  readonly parameters: number;
  readonly trainPairs: number;
  readonly validationPairs: number;
  /** Pairs left out because a side has more than 77 tokens. */
  readonly tooLong: number;
  readonly totalSteps: number;
  /** Steps that an earlier part of this run has taken. */
  readonly resumedAt: number;
}
