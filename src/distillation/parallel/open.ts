/**
 * The collective that this process belongs to, as it was started.
 */
import { alone, type Collective } from './collective.ts';
import type { Launch } from './launch.ts';

/** Joins the processes of `launch`. Throws what `openMpi` throws. */
export async function openCollective(launch: Launch | undefined): Promise<Collective> {
  return launch === undefined ? alone : (await import('./mpi.ts')).openMpi(launch);
}
