/**
 * Every scheduler there is, one line each.
 */
import { ddim } from './ddim.ts';
import { ddpm } from './ddpm.ts';
import { dpmSolver } from './dpmSolver.ts';
import { euler } from './euler.ts';
import { eulerAncestral } from './eulerAncestral.ts';
import { heun } from './heun.ts';
import { lms } from './lms.ts';
import { pndm } from './pndm.ts';
import type { Scheduler } from './scheduler.ts';
import { unipc } from './unipc.ts';

export const schedulers: readonly Scheduler[] = [
  ddim,
  ddpm,
  pndm,
  unipc,
  dpmSolver,
  euler,
  eulerAncestral,
  heun,
  lms,
];
