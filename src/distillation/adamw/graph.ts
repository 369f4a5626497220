/**
 * The AdamW update as a graph: the formula of kernel.ts in ordinary operators, for state that lies on a device.
 *
 * Knows no runtime: what goes in and what comes out have names that are made here.
 */
import { createGraph, type Graph, input, scalar, type Value } from '../../graph/graph.ts';
import { add, div, mul, sub } from '../../graph/ops/arithmetic.ts';
import { sqrt } from '../../graph/ops/elementwise.ts';
import { greaterOrEqual, where } from '../../graph/ops/logic.ts';
import { reduceSum } from '../../graph/ops/reduce.ts';
import { type Coefficients, smallestMoment } from './kernel.ts';

export interface UpdatedParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly decay: boolean;
}

/** A parameter, its two moments, its gradient. */
export type Part = 'p' | 'm' | 'v' | 'g';

/** What a part of a parameter is called where it goes into a graph of this file. */
export const partName = (part: Part, parameter: string): string => `${part} of ${parameter}`;

/** What it is called where it comes out. */
export const newPartName = (part: Part, parameter: string): string => `new ${partName(part, parameter)}`;

/** Coefficients that change from step to step: inputs of rank 0 under their names. */
export const changing = ['gradientScale', 'rootScale', 'stepSize', 'keepBefore', 'decayAfter'] as const;

export interface OptimizerGraph {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Value>>;
}

/**
 * New p, m and v of each parameter from its old ones and its gradient. `keepBefore` and `decayAfter` are those of parameters
 * that decay.
 */
export function updateGraph(
  parameters: readonly UpdatedParameter[],
  fixed: Pick<Coefficients, 'beta1' | 'beta2' | 'eps'>,
): OptimizerGraph {
  const graph = createGraph();
  const [gradientScale, rootScale, stepSize, keepBefore, decayAfter] = changing.map((name) =>
    input(graph, name, 'float32', []),
  ) as [Value, Value, Value, Value, Value];
  const outputs: Record<string, Value> = {};
  for (const { name, shape, decay } of parameters) {
    const [p, m, v, g] = (['p', 'm', 'v', 'g'] as const).map((part) =>
      input(graph, partName(part, name), 'float32', shape),
    ) as [Value, Value, Value, Value];
    const gradient = mul(gradientScale, g);
    const first = flushed(add(mul(fixed.beta1, m), mul(1 - fixed.beta1, gradient)));
    const second = flushed(add(mul(fixed.beta2, v), mul(mul(1 - fixed.beta2, gradient), gradient)));
    const change = div(mul(stepSize, first), add(mul(rootScale, sqrt(second)), fixed.eps));
    const updated = sub(decay ? mul(keepBefore, p) : p, change);
    outputs[newPartName('p', name)] = decay ? sub(updated, mul(decayAfter, updated)) : updated;
    outputs[newPartName('m', name)] = first;
    outputs[newPartName('v', name)] = second;
  }
  return { graph, outputs };
}

/** 2^50 */
const half = 1 / Math.sqrt(smallestMoment);

/** x, or 0 where |x| < smallestMoment; x is multiplied before it is squared, for the square of that would be 0. */
function flushed(x: Value): Value {
  const large = mul(half, x);
  const enough = greaterOrEqual(mul(large, large), scalar(x.graph, smallestMoment));
  return where(enough, x, scalar(x.graph, 0));
}

/** `sum` []: the sum of the squares of all gradients. */
export function squaresGraph(parameters: readonly UpdatedParameter[]): OptimizerGraph {
  const graph = createGraph();
  const squares = parameters.map(({ name, shape }) => {
    const g = input(graph, partName('g', name), 'float32', shape);
    return reduceSum(mul(g, g));
  });
  return { graph, outputs: { sum: squares.reduce((a, b) => add(a, b)) } };
}

/** Sums of two gradients of each parameter, which go in as `g` and as `new g`, and come out under the parameter's name. */
export function sumGraph(parameters: readonly UpdatedParameter[]): OptimizerGraph {
  const graph = createGraph();
  const sums = parameters.map(({ name, shape }) => {
    const sum = input(graph, partName('g', name), 'float32', shape);
    return [name, add(sum, input(graph, newPartName('g', name), 'float32', shape))] as const;
  });
  return { graph, outputs: Object.fromEntries(sums) };
}
