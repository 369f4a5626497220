/**
 * Every scheduler there is, one line each.
 */
import { ddim } from './ddim.ts';
import { ddpm } from './ddpm.ts';
import { deis } from './deis.ts';
import { dpm2sAncestral } from './dpm2sAncestral.ts';
import { dpmSde } from './dpmSde.ts';
import { dpmSinglestep } from './dpmSinglestep.ts';
import { dpmSolver } from './dpmSolver.ts';
import { euler } from './euler.ts';
import { eulerAncestral } from './eulerAncestral.ts';
import { heun } from './heun.ts';
import { kdpm2, kdpm2Ancestral } from './kdpm2.ts';
import { lcm } from './lcm.ts';
import { lms } from './lms.ts';
import { pndm } from './pndm.ts';
import type { Scheduler } from './scheduler.ts';
import { tcd } from './tcd.ts';
import { unipc } from './unipc.ts';

export const schedulers: readonly Scheduler[] = [
  ddim,
  ddpm,
  pndm,
  unipc,
  dpmSolver,
  dpmSinglestep,
  deis,
  euler,
  eulerAncestral,
  heun,
  lms,
  kdpm2,
  kdpm2Ancestral,
  dpm2sAncestral,
  dpmSde,
  lcm,
  tcd,
];
