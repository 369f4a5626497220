/**
 * Whether tests can start several processes. Nothing but tests may import this.
 */
import { spawnSync } from 'node:child_process';

/** Why tests of several processes cannot run here; undefined if they can. */
export const noMpirun = findProblem();

function findProblem(): string | undefined {
  const { status, stdout } = spawnSync('mpirun', ['--version'], { encoding: 'utf8' });
  if (status !== 0) return 'no mpirun: install openmpi-bin';
  return stdout.includes('Open MPI') ? undefined : 'mpirun is not that of Open MPI';
}
