/**
 * The forms of weight changes that we read. A new one is a file beside lowRank.ts, its names in names.ts and a line here.
 */
import type { Form } from './form.ts';
import { hadamard } from './hadamard.ts';
import { kronecker } from './kronecker.ts';
import { lowRank } from './lowRank.ts';

export const forms: readonly Form[] = [lowRank, hadamard, kronecker];
