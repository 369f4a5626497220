import { expect, test } from 'vitest';
import { launchOf, launchPassedOn, threadsOf } from './launch.ts';

const openMpi = {
  OMPI_COMM_WORLD_RANK: '5',
  OMPI_COMM_WORLD_SIZE: '8',
  OMPI_COMM_WORLD_LOCAL_RANK: '1',
  OMPI_COMM_WORLD_LOCAL_SIZE: '4',
};
const hydra = { PMI_RANK: '0', PMI_SIZE: '2', PMI_FD: '9', MPI_LOCALRANKID: '0', MPI_LOCALNRANKS: '2' };

test('a process by itself belongs to no launch, nor does the only one of a launcher', () => {
  expect(launchOf({})).toBeUndefined();
  expect(launchOf({ ...openMpi, OMPI_COMM_WORLD_SIZE: '1' })).toBeUndefined();
  expect(launchOf({ OMPI_COMM_WORLD_SIZE: '2' })).toBeUndefined();
});

test('launchers say who a process is', () => {
  expect(launchOf(openMpi)).toEqual({
    family: 'openmpi',
    rank: 5,
    size: 8,
    localRank: 1,
    localSize: 4,
    bound: false,
  });
  expect(launchOf(hydra)).toMatchObject({ family: 'mpich', rank: 0, size: 2, localSize: 2 });
});

test('processes of a machine share its cores, unless each is bound to its own', () => {
  expect(threadsOf({ localSize: 4, bound: false }, 10)).toBe(2);
  expect(threadsOf({ localSize: 4, bound: false }, 2)).toBe(1);
  const bound = launchOf({ ...openMpi, OMPI_MCA_orte_bound_at_launch: '1' })!;
  expect(threadsOf(bound, 3)).toBe(3);
});

test("a forked process gets the file through which Hydra's processes talk", () => {
  expect(launchPassedOn({ ...openMpi })).toEqual({});
  const { stdio, env } = launchPassedOn({ ...hydra });
  expect((stdio as unknown[])[Number(env?.['PMI_FD'])]).toBe(9);
});
