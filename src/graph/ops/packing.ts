/**
 * Texts of different lengths as one matrix: only the rows that are worth computing, one text after another. Linear
 * layers and norms work on these; attention needs the texts apart. Each direction is the other's gradient.
 */
import { shared, type Value } from '../graph.ts';
import { defineOperator, emitOne, fail } from '../operator.ts';
import { type Dim, formatShape, product, type Shape } from '../shape.ts';
import { reshape, unsqueeze } from './layout.ts';
import { zeros } from './reduce.ts';

const packOperator = defineOperator<{ axis: number }>({
  type: 'Gather',
  attributes: { axis: 'int' },
  infer: ([x, rows]) => [{ dtype: x!.dtype, shape: [rows!.shape[0]!, x!.shape[1]!] }],
  gradient: ({ inputs, gradient }) => [scatterRows(gradient, inputs[1]!, inputs[0]!.shape)],
});

/** Without a reduction: no place is written twice, so threads that write at once do no harm. */
const unpackOperator = defineOperator({
  type: 'ScatterND',
  infer: ([nothing]) => [{ dtype: nothing!.dtype, shape: nothing!.shape }],
  gradient: ({ inputs, gradient }) => {
    const places = inputs[1]!;
    return [undefined, undefined, gatherRows(gradient, reshape(places, [places.shape[0]!]))];
  },
});

function gatherRows(x: Value, rows: Value): Value {
  return emitOne(packOperator, [x, rows], { axis: 0 });
}

function scatterRows(x: Value, rows: Value, shape: Shape): Value {
  const nothing = shared(x.graph, `zeros ${formatShape(shape)}`, () => zeros(x.graph, shape));
  return emitOne(unpackOperator, [nothing, unsqueeze(rows, 1), x]);
}

/**
 * The rows of x [batch, length, size] whose places are in `rows`: int64 [count], no place twice, counted through the
 * whole batch. The result is [count, size].
 */
export function pack(x: Value, rows: Value): Value {
  if (x.shape.length !== 3 || rows.shape.length !== 1) fail('Pack', 'needs rows of three axes', [x, rows]);
  return gatherRows(reshape(x, [-1, x.shape[2]!]), rows);
}

/** Puts x [count, size] back to its places in [batch, length, size], with zeros at the others. */
export function unpack(x: Value, rows: Value, [batch, length]: readonly [batch: Dim, length: Dim]): Value {
  if (x.shape.length !== 2 || x.shape[0] !== rows.shape[0])
    fail('Unpack', 'needs one place a row', [x, rows]);
  const size = x.shape[1]!;
  return reshape(scatterRows(x, rows, [product([batch, length]), size]), [batch, length, size]);
}
