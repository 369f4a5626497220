/**
 * For tests only: whether they can start several processes, and what stands for some in this one.
 *
 * Nothing but tests may import this.
 */
import { spawnSync } from 'node:child_process';
import { alone, type Collective } from './collective.ts';

/** Why tests of several processes cannot run here; undefined if they can. */
export const noMpirun = findProblem();

function findProblem(): string | undefined {
  const { status, stdout } = spawnSync('mpirun', ['--version'], { encoding: 'utf8' });
  if (status !== 0) return 'no mpirun: install openmpi-bin';
  return stdout.includes('Open MPI') ? undefined : 'mpirun is not that of Open MPI';
}

/** `size` collectives that work together in this process, for as long as each sums: the rest does nothing. */
export function summingTogether(size: number): Collective[] {
  let waiting: { readonly arrays: readonly (Float32Array | Float64Array)[]; go(): void }[] = [];
  const sum = (...arrays: readonly (Float32Array | Float64Array)[]) =>
    new Promise<void>((resolve) => {
      waiting.push({ arrays, go: resolve });
      if (waiting.length < size) return;
      const all = waiting;
      waiting = [];
      all[0]!.arrays.forEach((first, i) => {
        const total = first.map((_, j) => all.reduce((so, each) => so + each.arrays[i]![j]!, 0));
        for (const each of all) each.arrays[i]!.set(total);
      });
      for (const { go } of all) go();
    });
  return Array.from({ length: size }, (_, rank) => ({ ...alone, rank, localRank: rank, size, sum }));
}
