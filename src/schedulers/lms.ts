/**
 * Linear multistep method on the probability flow: Adams and Bashforth on uneven steps.
 * `sample_lms` of k-diffusion (Crowson), LMSDiscreteScheduler in diffusers.
 */
import { type Term, weightedSum } from './linear.ts';
import type { Scheduler } from './scheduler.ts';
import { ladderOf, onLadder, slopeAt, x0At } from './sigma.ts';

/** How many slopes are looked at. */
const order = 4;

export const lms: Scheduler = {
  className: 'LMSDiscreteScheduler',
  defaults: {},
  create(config, schedule, run) {
    const ladder = ladderOf(config, schedule, run);
    let slopes: readonly Float32Array[] = [];
    return {
      ...onLadder(ladder, schedule),
      needsNoise: false,
      step(modelOutput, call, sample) {
        const [from, to] = ladder.sigmas.slice(call, call + 2) as [number, number];
        const slope = slopeAt(from, sample, x0At(from, config, modelOutput, sample));
        slopes = [slope, ...slopes].slice(0, order);
        const known = slopes.map((_, back) => ladder.sigmas[call - back] as number);
        const terms = slopes.map((values, i): Term => [lagrangeIntegral(known, i, from, to), values]);
        return weightedSum([1, sample], ...terms);
      },
    };
  },
};

/**
 * The integral from `from` to `to` of the Lagrange polynomial that is 1 at `nodes[one]` and 0 at the other nodes.
 * Simpson's rule is exact up to the third degree, which is all that four nodes need.
 */
function lagrangeIntegral(nodes: readonly number[], one: number, from: number, to: number): number {
  const pivot = nodes[one] as number;
  const value = (x: number) =>
    nodes.reduce((product, node, i) => (i === one ? product : (product * (x - node)) / (pivot - node)), 1);
  return ((to - from) / 6) * (value(from) + 4 * value((from + to) / 2) + value(to));
}
