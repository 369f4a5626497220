/**
 * LoRA (Hu et al., arXiv 2106.09685) and its convolutions (LoCon of LyCORIS): ΔW = alpha / rank * up * down.
 */
import { constant, type Value } from '../graph/graph.ts';
import { add } from '../graph/ops/arithmetic.ts';
import { conv2d } from '../graph/ops/convolution.ts';
import { reshape } from '../graph/ops/layout.ts';
import { gemm } from '../graph/ops/matmul.ts';
import type { Layer } from '../models/scope.ts';
import { type Change, type Factor, type Form, matrixSize, product, scaled } from './form.ts';

export const lowRank: Form = {
  name: 'LoRA',
  roles: ['down', 'up', 'mid'],
  change({ down, up, mid, alpha }, shape, strength, misfit) {
    if (!down || !up) return undefined;
    const [out = 0, inputs = 0, ...window] = shape;
    const rank = down.shape[0] ?? 0;
    // With a middle, `down` has a window of one pixel, and `up` may have another rank than `down`.
    const joined = mid ? middle(mid, down, window) : down;
    if (!joined) throw misfit('mid', ['rank', rank, ...window]);
    if (!fits(down, [rank, inputs, ...(mid ? window.map(() => 1) : window)])) {
      throw misfit('down', ['rank', inputs, ...(mid ? window.map(() => 1) : window)]);
    }
    const upRank = joined.shape[0] as number;
    if (!fits(up, [out, upRank])) throw misfit('up', [out, upRank, ...window.map(() => 1)]);
    const scale = (alpha?.data[0] ?? rank) / rank;
    return lowRankChange(joined, scaled(up, strength * scale));
  },
};

/** Some files write the windows of one pixel that a linear layer is, others leave out those of a convolution. */
function fits({ shape }: Factor, expected: readonly number[]): boolean {
  const bare = (sizes: readonly number[]) => sizes.slice(2).every((side) => side === 1);
  const [a, b] = [shape, expected].map((sizes) => (bare(sizes) ? sizes.slice(0, 2) : sizes));
  return shape.length >= 2 && shape.every((size) => size > 0) && a?.join() === b?.join();
}

/** `mid` [rank, rank', window] behind `down` [rank', in, 1, 1] is one window over the inputs: [rank, in, window]. */
function middle(mid: Factor, down: Factor, window: readonly number[]): Factor | undefined {
  const [rows = 0, columns = 0, ...sides] = mid.shape;
  const [rank = 0, inputs = 0] = down.shape;
  if (columns !== rank || sides.join() !== window.join() || matrixSize(down)[1] !== inputs) return undefined;
  const pixels = sides.reduce((count, side) => count * side, 1);
  const data = new Float32Array(rows * inputs * pixels);
  for (let row = 0; row < rows; row++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let k = 0; k < rank; k++) {
        const factor = mid.data[(row * rank + k) * pixels + pixel] as number;
        for (let i = 0; i < inputs; i++) {
          const at = (row * inputs + i) * pixels + pixel;
          data[at] = (data[at] as number) + factor * (down.data[k * inputs + i] as number);
        }
      }
    }
  }
  return { data, shape: [rows, inputs, ...sides] };
}

/** Whether the factors of a rank have more numbers than the weight that they change. */
export function isHigh(rank: number, out: number, inputs: number): boolean {
  return rank * (inputs + out) > inputs * out;
}

/** The change ΔW = up * down. `up` [out, rank], `down` [rank, in] or for a convolution [rank, in, kernel, kernel]. */
export function lowRankChange(down: Factor, up: Factor): Change {
  const [rank, inputs] = matrixSize(down);
  const out = up.shape[0] as number;
  if (isHigh(rank, out, inputs)) return wholeChange(product(up, down));
  return (layer) => {
    if (layer.shape.length === 4) {
      const inner = conv2d(layer.x, window(layer, down, rank), undefined, layer.options);
      return add(layer.y, conv2d(inner, factorOf(layer, up, [out, rank, 1, 1])));
    }
    const inner = gemm(rows(layer.x), factorOf(layer, down, [rank, inputs]), undefined, { transB: true });
    return multiplied(layer, inner, factorOf(layer, up, [out, rank]));
  };
}

/** The change ΔW, multiplied out: [out, in] or for a convolution [out, in, kernel, kernel]. */
export function wholeChange(delta: Factor): Change {
  const [out, inputs] = matrixSize(delta);
  return (layer) =>
    layer.shape.length === 4
      ? add(layer.y, conv2d(layer.x, window(layer, delta, out), undefined, layer.options))
      : multiplied(layer, rows(layer.x), factorOf(layer, delta, [out, inputs]));
}

/** y plus `x` [rows, any] times the transpose of `weight` [out, any]: one operator multiplies and adds. */
function multiplied({ y }: Layer, x: Value, weight: Value): Value {
  return reshape(gemm(x, weight, rows(y), { transB: true }), y.shape);
}

function window(layer: Layer, factor: Factor, count: number): Value {
  return factorOf(layer, factor, [count, ...layer.shape.slice(1)]);
}

function factorOf({ y }: Layer, { data }: Factor, shape: readonly number[]): Value {
  return constant(y.graph, data, shape);
}

/** [..., size] as [rows, size]. */
function rows(x: Value): Value {
  return reshape(x, [-1, x.shape[x.shape.length - 1] as number]);
}
