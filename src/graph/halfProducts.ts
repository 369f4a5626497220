/**
 * Mixed precision (Micikevicius et al., arXiv 1710.03740): a graph whose matrix products are computed in float16, and all else,
 * sums, norms, softmax and losses among it, in float32. Parameters stay float32 and are rounded on the way into a product.
 */
import { type Node, shared, type Value } from './graph.ts';
import { emit, emitOne } from './operator.ts';
import { cast } from './ops/cast.ts';
import type { Rules } from './rewrite.ts';

const products: ReadonlySet<string> = new Set(['Gemm', 'MatMul', 'FusedMatMul']);

/** Operators that move the elements of their first input and compute nothing. */
const moves: ReadonlySet<string> = new Set(['Reshape', 'Transpose', 'Squeeze', 'Unsqueeze']);

/** `except` are nodes that stay as they are. */
export function halfProducts(except: ReadonlySet<Node> = new Set()): Rules {
  return {
    node(original, inputs) {
      const { operator, attributes, outputs } = original;
      if (!products.has(operator.type) || outputs[0]!.dtype !== 'float32' || except.has(original))
        return undefined;
      const halves = inputs.map((value) => value && half(value));
      return emit(operator, halves, attributes).map((value) => cast(value, 'float32'));
    },
  };
}

/**
 * For engines without such products: their operands and results are rounded to float16, and they are computed in float32. By
 * itself, ONNX Runtime would do so on a CPU without the rounding, and nothing would overflow.
 */
export const halfProductsEmulated: Rules = {
  node(original, inputs) {
    if (!isHalfProduct(original)) return undefined;
    const { operator, attributes } = original;
    const wide = inputs.map((value) => value && cast(value, 'float32'));
    return emit(operator, wide, attributes).map((value) => cast(value, 'float16'));
  },
};

/** Is it a matrix product in float16? */
export function isHalfProduct({ operator, outputs }: Node): boolean {
  return products.has(operator.type) && outputs[0]!.dtype === 'float16';
}

/** `value` in float16, made once a graph. What was only moved since a product is moved in float16. */
function half(value: Value): Value {
  return shared(value.graph, `${value.name} in float16`, () => halfSource(value) ?? cast(value, 'float16'));
}

/** The same elements before they were widened, if they were. */
function halfSource({ node }: Value): Value | undefined {
  const [source, ...rest] = node?.inputs ?? [];
  if (!node || !source) return undefined;
  if (node.operator.type === 'Cast') return source.dtype === 'float16' ? source : undefined;
  if (!moves.has(node.operator.type)) return undefined;
  const moved = halfSource(source);
  return moved && emitOne(node.operator, [moved, ...rest], node.attributes);
}
