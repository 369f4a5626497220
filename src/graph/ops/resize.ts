/**
 * Nearest-neighbour resizing, as torch.nn.functional.interpolate(mode='nearest').
 */
import { constant, ints, type Value } from '../graph.ts';
import { defineOperator, emitOne, fail } from '../operator.ts';
import { concat, reshape, shapeTensor } from './layout.ts';
import { fusedMatMul, matmul } from './matmul.ts';
import { reduceSum } from './reduce.ts';

type ResizeAttributes = {
  readonly mode: string;
  readonly coordinate_transformation_mode: string;
  readonly nearest_mode: string;
  readonly size: readonly [height: number, width: number];
};

const resizeOperator = defineOperator<ResizeAttributes>({
  type: 'Resize',
  attributes: {
    mode: 'string',
    coordinate_transformation_mode: 'string',
    nearest_mode: 'string',
  },
  infer: ([x], { size }) => [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, 2), ...size] }],
  gradient: ({ inputs, attributes, gradient }) => {
    const x = inputs[0]!;
    const [height, width] = attributes.size;
    const [inHeight, inWidth] = x.shape.slice(2) as [number, number];
    const whole = height % inHeight === 0 && width % inWidth === 0;
    return [whole ? sumBlocks(gradient, x) : sumSources(gradient, [inHeight, inWidth], [height, width])];
  },
});

/** Whole factors: every input element is the sum over its block. */
function sumBlocks(gradient: Value, x: Value): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [rows, columns] = gradient.shape.slice(2) as [number, number];
  const blocks = reshape(gradient, [batch, channels, height, rows / height, width, columns / width]);
  return reduceSum(blocks, [3, 5]);
}

/** Any factor: products with the 0/1 matrices that say which source each element was read from. */
function sumSources(
  gradient: Value,
  source: readonly [number, number],
  size: readonly [number, number],
): Value {
  const rows = selection(gradient, source[0], size[0]);
  const columns = selection(gradient, source[1], size[1]);
  return matmul(fusedMatMul(rows, gradient, { transA: true }), columns);
}

/** [to, from]: 1 where element `to` is read from element `from`. */
function selection(x: Value, from: number, to: number): Value {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) matrix[i * from + Math.floor((i * from) / to)] = 1;
  return constant(x.graph, matrix, [to, from]);
}

/** x [batch, channels, h, w] resized to `size` [height, width]; source index = floor(index * in / out). */
export function resizeNearest(x: Value, size: readonly [number, number]): Value {
  if (x.shape.length !== 4 || typeof x.shape[2] !== 'number' || typeof x.shape[3] !== 'number') {
    fail('Resize', 'needs [batch, channels, height, width] with a size of numbers', [x]);
  }
  if (x.shape[2] === size[0] && x.shape[3] === size[1]) return x;
  const sizes = concat([shapeTensor(x.graph, x.shape.slice(0, 2)), ints(x.graph, size)], 0);
  return emitOne(resizeOperator, [x, undefined, undefined, sizes], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
    size,
  });
}
