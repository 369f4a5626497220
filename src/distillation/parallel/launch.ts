/**
 * How this process was started: by itself, or as one of several by an MPI launcher, which says so in the environment.
 * Forked processes inherit it. Loads no library.
 */
import type { ForkOptions } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Implementations of MPI differ in their binary interface. */
export type MpiFamily = 'openmpi' | 'mpich';

export interface Launch {
  readonly family: MpiFamily;
  readonly rank: number;
  readonly size: number;
  /** Among the processes of this machine. */
  readonly localRank: number;
  readonly localSize: number;
  /** Has the launcher given each process cores of its own? */
  readonly bound: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Variables {
  readonly family: MpiFamily;
  /** Names of the variables for rank, size, local rank and local size. */
  readonly names: readonly [string, string, string, string];
  /** Is 1 where each process has cores of its own. */
  readonly bound?: string;
}

/** Open MPI's mpirun; Hydra, which starts MPICH, Intel MPI and MVAPICH. */
const launchers: readonly Variables[] = [
  {
    family: 'openmpi',
    names: [
      'OMPI_COMM_WORLD_RANK',
      'OMPI_COMM_WORLD_SIZE',
      'OMPI_COMM_WORLD_LOCAL_RANK',
      'OMPI_COMM_WORLD_LOCAL_SIZE',
    ],
    bound: 'OMPI_MCA_orte_bound_at_launch',
  },
  {
    family: 'mpich',
    names: ['PMI_RANK', 'PMI_SIZE', 'MPI_LOCALRANKID', 'MPI_LOCALNRANKS'],
  },
];

/** Undefined for a process by itself, or the only one of its launcher. */
export function launchOf(environment: Environment): Launch | undefined {
  for (const { family, names, bound } of launchers) {
    const [rank, size, localRank = 0, localSize = 1] = names.map((name) => numberIn(environment[name]));
    if (rank === undefined || size === undefined || size < 2) continue;
    return { family, rank, size, localRank, localSize, bound: !!bound && environment[bound] === '1' };
  }
  return undefined;
}

/**
 * Options of `fork` with which a process stands for this one in its launch: Hydra talks to its processes through an open
 * file, which Node does not pass on by itself.
 */
export function launchPassedOn(environment: NodeJS.ProcessEnv): Pick<ForkOptions, 'env' | 'stdio'> {
  const file = numberIn(environment['PMI_FD']);
  if (file === undefined || launchOf(environment) === undefined) return {};
  const passed = ['inherit', 'inherit', 'inherit', 'ipc'] as const;
  return { stdio: [...passed, file], env: { ...environment, PMI_FD: String(passed.length) } };
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Threads that this process may use: its share of the machine's cores, or those that it is bound to. */
export function threadsOf(
  { localSize, bound }: Pick<Launch, 'localSize' | 'bound'>,
  cores = availableParallelism(),
): number {
  return bound ? cores : Math.max(1, Math.floor(cores / localSize));
}
