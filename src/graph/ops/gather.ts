/**
 * Picking rows by index, and its transpose, adding rows up by index.
 */
import { constant, ints, type Value } from '../graph.ts';
import { defineOperator, emitOne, fail } from '../operator.ts';
import { type Dim, normalAxis, sameShape } from '../shape.ts';
import { mul } from './arithmetic.ts';
import { cast } from './cast.ts';
import { reshape, shapeTensor, transpose, unsqueeze } from './layout.ts';
import { equal, not } from './logic.ts';
import { expand, zeros } from './reduce.ts';

type GatherAttributes = {
  readonly axis: number;
  /** Slices picked by this index pass no gradient. */
  readonly paddingIndex?: number | undefined;
};

const gatherOperator = defineOperator<GatherAttributes>({
  type: 'Gather',
  attributes: { axis: 'int' },
  infer: ([x, indices], { axis }) => {
    if (indices!.dtype !== 'int64') fail('Gather', 'indices must be int64', [x, indices]);
    return [
      {
        dtype: x!.dtype,
        shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)],
      },
    ];
  },
  gradient: ({ inputs, attributes, gradient }) => {
    const [x, indices] = inputs as [Value, Value];
    const { axis, paddingIndex: padding } = attributes;
    const flat = reshape(indices, [-1]);
    const front = rowsFirst(gradient, axis, indices.shape.length);
    const rows = reshape(front, [flat.shape[0]!, ...x.shape.slice(0, axis), ...x.shape.slice(axis + 1)]);
    const kept = padding === undefined ? rows : mul(rows, keepMask(flat, padding, rows.shape.length));
    return [axisFirstToPlace(scatterAdd(flat, kept, x.shape[axis]!), axis)];
  },
});

/** The gathered axes of `gradient` moved to the front. */
function rowsFirst(gradient: Value, axis: number, count: number): Value {
  const all = gradient.shape.map((_, i) => i);
  const gathered = all.slice(axis, axis + count);
  return transpose(gradient, [...gathered, ...all.filter((i) => !gathered.includes(i))]);
}

function axisFirstToPlace(x: Value, axis: number): Value {
  const rest = x.shape.map((_, i) => i).slice(1);
  return transpose(x, [...rest.slice(0, axis), 0, ...rest.slice(axis)]);
}

/** 1 for every index but `padding`, shaped to multiply rows of `rank` axes. */
function keepMask(flat: Value, padding: number, rank: number): Value {
  const mask = cast(not(equal(flat, ints(flat.graph, [padding]))), 'float32');
  return reshape(mask, [flat.shape[0]!, ...new Array<number>(rank - 1).fill(1)]);
}

/** Slices of x along `axis` at int64 `indices`, whose shape takes the place of the axis. */
export function gather(x: Value, indices: Value, axis = 0): Value {
  return emitOne(gatherOperator, [x, indices], { axis: normalAxis(axis, x.shape.length, 'Gather') });
}

/**
 * Rows of `weight` [count, size] at `ids` (int64), as torch.nn.Embedding. Row `paddingIndex` is read as any other
 * but its gradient is zero.
 */
export function embedding(weight: Value, ids: Value, paddingIndex?: number): Value {
  if (weight.shape.length !== 2) fail('Gather', 'the weight must be [count, size]', [weight, ids]);
  return emitOne(gatherOperator, [weight, ids], { axis: 0, paddingIndex });
}

const gatherElementsOperator = defineOperator<{ axis: number }>({
  type: 'GatherElements',
  attributes: { axis: 'int' },
  infer: ([x, indices]) => [{ dtype: x!.dtype, shape: indices!.shape }],
  gradient: ({ inputs, gradient }) => {
    const [x, indices] = inputs as [Value, Value];
    return [emitScatter(zeros(x.graph, x.shape), indices, gradient)];
  },
});

/**
 * ScatterElements, not ScatterND: ONNX Runtime's ScatterND adds duplicate indices from several threads at once and
 * loses sums, while ScatterElements adds in order and gives the same bits at every run.
 */
const scatterElementsOperator = defineOperator<{ axis: number; reduction: string }>({
  type: 'ScatterElements',
  attributes: { axis: 'int', reduction: 'string' },
  infer: ([base]) => [{ dtype: base!.dtype, shape: base!.shape }],
  gradient: ({ inputs, gradient, needs }) => {
    const indices = inputs[1]!;
    const rows = () => emitOne(gatherElementsOperator, [gradient, indices], { axis: 0 });
    return [gradient, undefined, needs(2) ? rows() : undefined];
  },
});

/** `base` plus every element of `rows` at the row of the index in its place; indices have the shape of `rows`. */
function emitScatter(base: Value, indices: Value, rows: Value): Value {
  return emitOne(scatterElementsOperator, [base, indices, rows], { axis: 0, reduction: 'add' });
}

/**
 * A value of `size` rows in which row i is the sum of all rows[j] with indices[j] = i: the transpose of `gather` on
 * axis 0. rows [count, ...], int64 indices [count].
 */
export function scatterAdd(indices: Value, rows: Value, size: Dim): Value {
  if (indices.dtype !== 'int64' || !sameShape(indices.shape, rows.shape.slice(0, 1))) {
    fail('ScatterElements', 'one int64 index a row is needed', [indices, rows]);
  }
  const base = zeros(rows.graph, [size, ...rows.shape.slice(1)]);
  const column = reshape(indices, [rows.shape[0]!, ...rows.shape.slice(1).map(() => 1)]);
  return emitScatter(base, expand(column, rows.shape), rows);
}

const gatherNDOperator = defineOperator<{ batch_dims: number }>({
  type: 'GatherND',
  attributes: { batch_dims: 'int' },
  infer: ([x, indices]) => {
    const [batch, length] = x!.shape;
    if (indices!.dtype !== 'int64' || length === undefined || !sameShape(indices!.shape, [batch!, 1])) {
      fail('GatherND', 'one int64 index a batch row is needed', [x, indices]);
    }
    return [{ dtype: x!.dtype, shape: [batch!, ...x!.shape.slice(2)] }];
  },
  gradient: ({ inputs, gradient }) => {
    const [x, indices] = inputs as [Value, Value];
    return [mul(unsqueeze(gradient, 1), oneHotRows(x, indices))];
  },
});

const oneHotOperator = defineOperator<{ axis: number; length: Dim }>({
  type: 'OneHot',
  attributes: { axis: 'int' },
  infer: ([indices], { length }) => [{ dtype: 'float32', shape: [...indices!.shape, length] }],
});

/** [batch, length, 1, ...]: 1 where the position is the index of its row. */
function oneHotRows(x: Value, indices: Value): Value {
  const [batch, length] = x.shape;
  const row = reshape(indices, [batch!]);
  const offAndOn = constant(x.graph, Float32Array.of(0, 1), [2]);
  const hot = emitOne(oneHotOperator, [row, shapeTensor(x.graph, [length!]), offAndOn], {
    axis: -1,
    length: length!,
  });
  return reshape(hot, [batch!, length!, ...x.shape.slice(2).map(() => 1)]);
}

/** x[b, indices[b]] for x [batch, length, ...] and int64 indices [batch]: one position a row. */
export function selectRows(x: Value, indices: Value): Value {
  if (indices.shape.length !== 1) fail('GatherND', 'one int64 index a batch row is needed', [x, indices]);
  return emitOne(gatherNDOperator, [x, unsqueeze(indices, 1)], { batch_dims: 1 });
}

const argMaxOperator = defineOperator<{ axis: number; keepdims: number }>({
  type: 'ArgMax',
  attributes: { axis: 'int', keepdims: 'int' },
  infer: ([x]) => [{ dtype: 'int64', shape: x!.shape.slice(0, -1) }],
});

/** Index of the largest element along the last axis, the first one of equals. */
export function argMax(x: Value): Value {
  if (x.shape.length === 0) fail('ArgMax', 'needs at least one axis', [x]);
  return emitOne(argMaxOperator, [x], { axis: -1, keepdims: 0 });
}
