/**
 * Operators that move elements and compute nothing: reshape, transpose, concat, slice, pad.
 *
 * They stand in one file because each is the gradient of another.
 */
import { GraphError } from '../../errors.ts';
import { type Graph, ints, scalar, shared, type Value } from '../graph.ts';
import { defineOperator, emitOne, fail } from '../operator.ts';
import {
  type Dim,
  factorsOf,
  formatShape,
  isStatic,
  normalAxis,
  product,
  quotient,
  type Shape,
  sameShape,
  sum,
} from '../shape.ts';

const shapeOperator = defineOperator<{ start: number; end: number }>({
  type: 'Shape',
  attributes: { start: 'int', end: 'int' },
  infer: (_, { start, end }) => [{ dtype: 'int64', shape: [end - start] }],
});

const productOperator = defineOperator({
  type: 'Mul',
  infer: ([a]) => [{ dtype: 'int64', shape: a!.shape }],
});

/** One dimension as an int64 value of shape [1], read from the running values when it is symbolic. */
function dimValue(graph: Graph, dim: Dim): Value {
  if (typeof dim === 'number') return ints(graph, [dim]);
  return shared(graph, `dim ${dim}`, () => {
    const known = graph.dimensions.get(dim);
    if (known) return emitOne(shapeOperator, [known.value], { start: known.axis, end: known.axis + 1 });
    const { factor, names } = factorsOf(dim);
    if (names.length === 1 && factor === 1) {
      throw new GraphError(
        `No value of the graph tells dimension ${dim} when it runs.`,
        'Make it a dimension of an input.',
      );
    }
    const factors = [
      ...(factor === 1 ? [] : [ints(graph, [factor])]),
      ...names.map((name) => dimValue(graph, name)),
    ];
    return factors.reduce((a, b) => emitOne(productOperator, [a, b]));
  });
}

/** A shape as an int64 value of rank 1. */
export function shapeTensor(graph: Graph, shape: Shape): Value {
  if (isStatic(shape)) return ints(graph, shape);
  return shared(graph, `shape ${formatShape(shape)}`, () =>
    emitOne(
      concatOperator,
      shape.map((dim) => dimValue(graph, dim)),
      { axis: 0 },
    ),
  );
}

const reshapeOperator = defineOperator<{ target: Shape }>({
  type: 'Reshape',
  infer: ([x], { target }) => [{ dtype: x!.dtype, shape: target }],
  gradient: ({ inputs, gradient }) => [reshape(gradient, inputs[0]!.shape), undefined],
});

/** x with the same elements in another shape; one dimension may be -1 (what is left). */
export function reshape(x: Value, shape: Shape): Value {
  const target = resolve(x, shape);
  if (sameShape(target, x.shape)) return x;
  return emitOne(reshapeOperator, [x, reshapeTarget(x, target)], { target });
}

function resolve(x: Value, shape: Shape): Shape {
  const open = shape.indexOf(-1);
  const negatives = shape.filter((dim) => typeof dim === 'number' && dim < 0).length;
  const rest = product(shape.filter((_, i) => i !== open));
  const size = product(x.shape);
  const left = open < 0 ? (rest === size ? 1 : undefined) : quotient(size, rest);
  if (left === undefined || negatives > (open < 0 ? 0 : 1))
    fail('Reshape', `cannot become ${formatShape(shape)}`, [x]);
  return shape.map((dim, i) => (i === open ? left : dim));
}

/** ONNX's target: 0 copies a dimension of the input, -1 is what is left; else the shape is computed at run time. */
function reshapeTarget(x: Value, target: Shape): Value {
  const written = target.map((dim, i) => (typeof dim === 'number' ? dim : dim === x.shape[i] ? 0 : dim));
  const symbolic = written.flatMap((dim, i) => (typeof dim === 'string' ? [i] : []));
  if (symbolic.length === 0) return ints(x.graph, written as number[]);
  if (symbolic.length === 1 && !target.includes(0)) {
    return ints(
      x.graph,
      written.map((dim) => (typeof dim === 'string' ? -1 : dim)),
    );
  }
  return shapeTensor(x.graph, target);
}

const transposeOperator = defineOperator<{ perm: readonly number[] }>({
  type: 'Transpose',
  attributes: { perm: 'ints' },
  infer: ([x], { perm }) => [{ dtype: x!.dtype, shape: perm.map((axis) => x!.shape[axis]!) }],
  gradient: ({ attributes: { perm }, gradient }) => {
    const inverse = perm.map((_, axis) => perm.indexOf(axis));
    return [transpose(gradient, inverse)];
  },
});

/** Axis i of the result is axis `perm[i]` of x. */
export function transpose(x: Value, perm: readonly number[]): Value {
  if ([...perm].sort((a, b) => a - b).join() !== x.shape.map((_, i) => i).join()) {
    fail('Transpose', `[${perm}] is no permutation of the axes`, [x]);
  }
  return perm.every((axis, i) => axis === i) ? x : emitOne(transposeOperator, [x], { perm });
}

const concatOperator = defineOperator<{ axis: number }>({
  type: 'Concat',
  attributes: { axis: 'int' },
  infer: (inputs, { axis }) => {
    const [first] = inputs;
    const shape = inputs.slice(1).reduce<Dim[]>(
      (joined, next) => {
        const fits =
          joined.length === next.shape.length &&
          joined.every((dim, i) => i === axis || dim === next.shape[i]);
        if (!fits || next.dtype !== first!.dtype)
          fail('Concat', `operands differ outside axis ${axis}`, inputs);
        joined[axis] = sum(joined[axis]!, next.shape[axis]!);
        return joined;
      },
      [...first!.shape],
    );
    return [{ dtype: first!.dtype, shape }];
  },
  gradient: ({ inputs, attributes: { axis }, gradient, needs }) => {
    let start = 0;
    return inputs.map((value, i) => {
      const size = value.shape[axis];
      if (typeof size !== 'number') fail('Concat', 'no gradient along a symbolic axis', inputs);
      const range = { axis, start, end: start + size };
      start += size;
      return needs(i) ? slice(gradient, [range]) : undefined;
    });
  },
});

/** The operands one after another along `axis`. */
export function concat(operands: readonly Value[], axis: number): Value {
  if (operands.length === 0) throw new GraphError('Concat: needs at least one operand.');
  if (operands.length === 1) return operands[0]!;
  return emitOne(concatOperator, operands, { axis: normalAxis(axis, operands[0]!.shape.length, 'Concat') });
}

export interface SliceRange {
  readonly axis: number;
  readonly start: number;
  /** Exclusive; left out: to the end. Negative values count from the end. */
  readonly end?: number;
  /** At least 1. */
  readonly step?: number;
}

type NormalRange = {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
};

const sliceOperator = defineOperator<{ ranges: readonly NormalRange[] }>({
  type: 'Slice',
  infer: ([x], { ranges }) => {
    const shape = [...x!.shape];
    for (const { axis, start, end, step } of ranges) {
      shape[axis] = Math.ceil((end - start) / step);
    }
    return [{ dtype: x!.dtype, shape }];
  },
  gradient: ({ inputs, attributes, gradient }) => {
    const { shape } = inputs[0]!;
    return [attributes.ranges.reduce((g, range) => unslice(g, range, shape[range.axis] as number), gradient)];
  },
});

/** The part of x within the ranges; sliced axes must not be symbolic. */
export function slice(x: Value, ranges: readonly SliceRange[]): Value {
  const normal = ranges.map((range): NormalRange => {
    const axis = normalAxis(range.axis, x.shape.length, 'Slice');
    const size = x.shape[axis];
    if (typeof size !== 'number') fail('Slice', `axis ${axis} is symbolic`, [x]);
    const clamp = (at: number) => Math.min(size, Math.max(0, at < 0 ? at + size : at));
    const step = range.step ?? 1;
    const [start, end] = [clamp(range.start), clamp(range.end ?? size)];
    if (step < 1 || end <= start)
      fail('Slice', `range ${start}:${end}:${step} of axis ${axis} is empty`, [x]);
    return { axis, start, end, step };
  });
  const column = (key: keyof NormalRange) =>
    ints(
      x.graph,
      normal.map((range) => range[key]),
    );
  return emitOne(sliceOperator, [x, column('start'), column('end'), column('axis'), column('step')], {
    ranges: normal,
  });
}

/** The transpose of slicing one axis: elements go back to where they came from, zeros elsewhere. */
function unslice(g: Value, { axis, start, step }: NormalRange, size: number): Value {
  const count = g.shape[axis] as number;
  const spread = step === 1 ? g : interleaveZeros(g, axis, step);
  const covered = count * step;
  const room = size - start;
  const cut = covered > room ? slice(spread, [{ axis, start: 0, end: room }]) : spread;
  return pad(cut, [{ axis, before: start, after: Math.max(0, room - covered) }]);
}

function interleaveZeros(x: Value, axis: number, step: number): Value {
  const wide = reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
  const padded = pad(wide, [{ axis: axis + 1, before: 0, after: step - 1 }]);
  return reshape(
    padded,
    x.shape.map((dim, i) => (i === axis ? (dim as number) * step : dim)),
  );
}

export interface Padding {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}

const padOperator = defineOperator<{ mode: string; pads: readonly number[] }>({
  type: 'Pad',
  attributes: { mode: 'string' },
  infer: ([x], { pads }) => {
    const rank = x!.shape.length;
    return [{ dtype: x!.dtype, shape: x!.shape.map((dim, i) => sum(dim, pads[i]! + pads[rank + i]!)) }];
  },
  gradient: ({ inputs, attributes: { pads }, gradient }) => {
    const { shape } = inputs[0]!;
    const ranges = shape.flatMap((dim, axis) => {
      const [before, after] = [pads[axis]!, pads[shape.length + axis]!];
      if (before + after === 0) return [];
      if (typeof dim !== 'number') fail('Pad', 'no gradient along a symbolic axis', inputs);
      return [{ axis, start: before, end: before + dim }];
    });
    return [slice(gradient, ranges)];
  },
});

/** x (float32) with zeros added before and after along some axes. */
export function pad(x: Value, paddings: readonly Padding[]): Value {
  const rank = x.shape.length;
  const pads = new Array<number>(2 * rank).fill(0);
  for (const { axis, before, after } of paddings) {
    const at = normalAxis(axis, rank, 'Pad');
    pads[at] = before;
    pads[rank + at] = after;
  }
  if (pads.every((n) => n === 0)) return x;
  if (pads.some((n) => n < 0)) fail('Pad', `negative padding [${pads}]`, [x]);
  return emitOne(padOperator, [x, ints(x.graph, pads), scalar(x.graph, 0)], { mode: 'constant', pads });
}

/** x with a new axis of size 1 at `axis`. */
export function unsqueeze(x: Value, axis: number): Value {
  const at = normalAxis(axis, x.shape.length + 1, 'Unsqueeze');
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** x without `axis`, whose size must be 1. */
export function squeeze(x: Value, axis: number): Value {
  const at = normalAxis(axis, x.shape.length, 'Squeeze');
  if (x.shape[at] !== 1) fail('Squeeze', `axis ${at} is not of size 1`, [x]);
  return reshape(
    x,
    x.shape.filter((_, i) => i !== at),
  );
}
