/**
 * Processes that train one student together: what they do at the same time. One member for each way of running:
 * `alone`, and MPI (mpi.ts).
 *
 * Every process must call the same functions in the same order, with arrays of the same lengths, and each call returns
 * when all have made it. A process that fails simply ends: what started the processes then ends the others. Knows no
 * training.
 */

export interface Collective {
  /** This process, from 0. Process 0 leads: it alone writes the run's folder. */
  readonly rank: number;
  readonly size: number;
  /** The same among the processes of this machine. */
  readonly localRank: number;
  /** Adds each array up over all processes, in place: all get the same bits. */
  sum(...arrays: readonly (Float32Array | Float64Array)[]): Promise<void>;
  /** The largest of each value over all processes, in place. */
  max(values: Float64Array): Promise<void>;
  /** Overwrites `bytes` with those of process 0. */
  broadcast(bytes: Uint8Array): Promise<void>;
  /** Waits until all are here; meanwhile the event loop runs. */
  barrier(): Promise<void>;
  /** The last call. Not for a process that failed: the others would not come. */
  close(): Promise<void>;
}

const nothing = async () => {};

/** One process that needs nobody. */
export const alone: Collective = {
  rank: 0,
  size: 1,
  localRank: 0,
  sum: nothing,
  max: nothing,
  broadcast: nothing,
  barrier: nothing,
  close: nothing,
};
