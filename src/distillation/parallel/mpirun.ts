/**
 * The words before a command that start it as several processes of this machine, by Open MPI's mpirun.
 */

/** Not bound to a core each, as mpirun would have it: processes have threads. */
export function underMpirun(count: number): [string, ...string[]] {
  const root = process.getuid?.() === 0 ? ['--allow-run-as-root'] : [];
  return ['mpirun', ...root, '--oversubscribe', '--bind-to', 'none', '-n', String(count)];
}
