/**
 * Split: one value cut into several.
 */
import { ints, type Value } from '../graph.ts';
import { defineOperator, emit, fail } from '../operator.ts';
import { normalAxis } from '../shape.ts';
import { concat } from './layout.ts';
import { zeros } from './reduce.ts';

const splitOperator = defineOperator<{ axis: number; sizes: readonly number[] }>({
  type: 'Split',
  attributes: { axis: 'int' },
  infer: ([x], { axis, sizes }) =>
    sizes.map((size) => ({
      dtype: x!.dtype,
      shape: x!.shape.map((dim, i) => (i === axis ? size : dim)),
    })),
  gradient: ({ graph, outputs, gradients, attributes }) => [
    concat(
      outputs.map((output, i) => gradients[i] ?? zeros(graph, output.shape)),
      attributes.axis,
    ),
  ],
});

/** x cut along `axis` into parts of these sizes, which must add up. */
export function split(x: Value, axis: number, sizes: readonly number[]): readonly Value[] {
  const at = normalAxis(axis, x.shape.length, 'Split');
  const total = sizes.reduce((a, b) => a + b, 0);
  if (x.shape[at] !== total || sizes.some((size) => size < 1))
    fail('Split', `sizes [${sizes}] along axis ${at} do not add up`, [x]);
  return sizes.length === 1 ? [x] : emit(splitOperator, [x, ints(x.graph, sizes)], { axis: at, sizes });
}
