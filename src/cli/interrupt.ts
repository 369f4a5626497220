/**
 * Ctrl-C: the first asks the work to stop at a good place, the second ends the process at once. So does SIGUSR2, which an
 * MPI launcher passes on to its processes without ending them. A program that forked this one asks by disconnecting, which
 * its death does too.
 */

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Gives the signals back to the process. */
  release(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGUSR2'] as const;

/** `announce` runs at the first signal. The listeners are then gone, so that a second one has its usual effect. */
export function onInterrupt(announce: () => void): Interrupt {
  const controller = new AbortController();
  const release = () => {
    for (const name of signals) process.off(name, stop);
    process.off('disconnect', stop);
  };
  const stop = () => {
    release();
    announce();
    controller.abort();
  };
  for (const name of signals) process.on(name, stop);
  process.on('disconnect', stop);
  if (process.send !== undefined && !process.connected) stop();
  return { signal: controller.signal, release };
}
