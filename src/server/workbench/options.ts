/**
 * What the workbench is started with.
 */
import type { RequestedDevice } from '../../runtime/session.ts';

export interface WorkbenchOptions {
  /** Of `ksd distill --out`. */
  readonly runsFolder: string;
  /** Experiments to start from; the paths of an experiment that a client sends are relative to it. */
  readonly experimentsFolder: string;
  /** Of corpora that `ksd corpus build` made. */
  readonly corporaFolder: string;
  /** Of what `ksd eval --out` wrote. */
  readonly resultsFolder: string;
  /** More folders that an experiment of a client may name something in: models, tokenizers. */
  readonly roots: readonly string[];
  /** Whether clients may start, stop and resume runs, and check experiments. */
  readonly training: boolean;
  /** That runs are trained on. */
  readonly device: RequestedDevice;
  /** The server stops: streams of events end, the run that goes on is stopped with a checkpoint. */
  readonly signal: AbortSignal;
  /** Hears of runs that could not be started or followed. */
  readonly onProblem: (error: unknown) => void;
}
