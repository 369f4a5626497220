/**
 * LoKr (Yeh et al., arXiv 2309.14859: LyCORIS): ΔW = alpha / rank * w1 ⊗ w2, either factor whole or a product of low rank.
 *
 * The Kronecker product is never written out: on inputs seen as [blocks, size], w2 works on each block and w1 mixes the
 * blocks.
 */
import { constant, type Value } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { conv2d } from '../graph/ops/convolution.ts';
import { reshape } from '../graph/ops/layout.ts';
import { gemm, matmul } from '../graph/ops/matmul.ts';
import type { Layer } from '../models/scope.ts';
import { type Factor, type Factors, type Form, matrixSize, product, scaled } from './form.ts';

export const kronecker: Form = {
  name: 'LoKr',
  roles: ['', '_a', '_b'].flatMap((end) => [`lokr_w1${end}`, `lokr_w2${end}`]),
  change(factors, shape, strength, misfit) {
    const left = side(factors, 'lokr_w1');
    const right = side(factors, 'lokr_w2');
    if (!left || !right) return undefined;
    const [out = 0, inputs = 0, ...window] = shape;
    const pixels = window.reduce((count, size) => count * size, 1);
    const [[leftOut, leftIn], [rightOut, columns]] = [matrixSize(left.factor), matrixSize(right.factor)];
    const rightIn = columns / pixels;
    if (leftOut * rightOut !== out || leftIn * rightIn !== inputs || !Number.isInteger(rightIn)) {
      const open = `${inputs}/${leftIn}`;
      throw misfit(right.role, [`${out}/${leftOut}`, ...(pixels > 1 ? [open, ...window] : [open])]);
    }
    const rank = right.rank ?? left.rank;
    const scale = rank === undefined ? 1 : (factors['alpha']?.data[0] ?? rank) / rank;
    const [w1, w2] = [left.factor, scaled(right.factor, strength * scale)];
    return (layer) => add(layer.y, (layer.shape.length === 4 ? convolved : multiplied)(layer, w1, w2));
  },
};

interface Side {
  readonly factor: Factor;
  /** A tensor of it, for messages. */
  readonly role: string;
  /** If it is a product. */
  readonly rank?: number;
}

function side(factors: Factors, name: string): Side | undefined {
  const [whole, a, b] = ['', '_a', '_b'].map((end) => factors[name + end]);
  if (whole) return { factor: whole, role: name };
  const rank = b?.shape[0];
  if (!a || !b || !rank || matrixSize(a)[1] !== rank) return undefined;
  return { factor: product(a, b), role: `${name}_b`, rank };
}

const weightOf = ({ y }: Layer, { data }: Factor, shape: readonly number[]): Value =>
  constant(y.graph, data, shape);

/** Of x [..., in]. */
function multiplied(layer: Layer, w1: Factor, w2: Factor): Value {
  const [leftOut, leftIn] = matrixSize(w1);
  const [rightOut, rightIn] = matrixSize(w2);
  const blocks = reshape(layer.x, [-1, rightIn]);
  const inner = gemm(blocks, weightOf(layer, w2, [rightOut, rightIn]), undefined, { transB: true });
  const mixed = matmul(weightOf(layer, w1, [leftOut, leftIn]), reshape(inner, [-1, leftIn, rightOut]));
  return reshape(mixed, layer.y.shape);
}

/** Of x [batch, in, height, width]. */
function convolved(layer: Layer, w1: Factor, w2: Factor): Value {
  const { x, y, shape, options } = layer;
  const [leftOut, leftIn] = matrixSize(w1);
  const rightOut = w2.shape[0] as number;
  const rightIn = (shape[1] as number) / leftIn;
  const [, , height, width] = x.shape as readonly [unknown, unknown, number, number];
  const [, , rows, columns] = y.shape as readonly [unknown, unknown, number, number];
  const blocks = reshape(x, [-1, rightIn, height, width]);
  const window = weightOf(layer, w2, [rightOut, rightIn, ...shape.slice(2)]);
  const inner = conv2d(blocks, window, undefined, options);
  const mixed = matmul(
    weightOf(layer, w1, [leftOut, leftIn]),
    reshape(inner, [-1, leftIn, rightOut * rows * columns]),
  );
  return reshape(mixed, y.shape);
}
