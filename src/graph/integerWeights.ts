/**
 * Weights as int8 with a scale for each output: which parameters of a graph can be stored so, and how a graph computes with
 * those that are.
 *
 * Knows no model and no file. A stored weight is `elements * scale`, where the scale broadcasts. That of an embedding or a
 * convolution is shaped as PyTorch's, with scale [out, 1, ...]; that of a linear layer is transposed, [in, out] with scale
 * [1, out], as the engine's integer product reads it.
 */
import { type Graph, type Node, parameter, type Value } from './graph.ts';
import { mul } from './ops/arithmetic.ts';
import { cast } from './ops/cast.ts';
import { gather } from './ops/gather.ts';
import { reshape, transpose } from './ops/layout.ts';
import { gemm } from './ops/matmul.ts';
import { dequantizeLinear, dynamicQuantizeMatMul } from './ops/quantized.ts';
import type { Rules } from './rewrite.ts';
import { sameShape } from './shape.ts';

/** How a weight is stored: as it is, or transposed. */
export type IntegerLayout = 'plain' | 'transposed';

/** Layers that meet pictures, latents or single numbers have few channels: little to save, and much to lose. */
const fewestChannels = 16;

/**
 * The parameters that can be int8, and the layout of each: weights of linear layers, convolutions and embeddings that
 * nothing else reads and that have at least 16 channels on both sides.
 */
export function integerLayouts(graph: Graph): ReadonlyMap<string, IntegerLayout> {
  const layouts = new Map<string, IntegerLayout>();
  const others = new Set<string>();
  for (const node of graph.nodes) {
    node.inputs.forEach((value, place) => {
      if (!value || graph.parameters.get(value.name) !== value) return;
      const layout = layoutIn(node, place);
      const known = layouts.get(value.name);
      if (layout === undefined || (known !== undefined && known !== layout)) others.add(value.name);
      else layouts.set(value.name, layout);
    });
  }
  return new Map([...layouts].filter(([name]) => !others.has(name) && isWide(graph.parameters.get(name)!)));
}

function layoutIn(node: Node, place: number): IntegerLayout | undefined {
  if (isLinear(node) && place === 1) return 'transposed';
  if (isEmbedding(node) && place === 0) return 'plain';
  return node.operator.type === 'Conv' && place === 1 ? 'plain' : undefined;
}

function isLinear({ operator, attributes, inputs }: Node): boolean {
  const { transA, transB, alpha, beta } = attributes;
  if (operator.type !== 'Gemm' || transA !== 0 || transB !== 1 || alpha !== 1 || beta !== 1) return false;
  const [, weight, bias] = inputs;
  return bias === undefined || sameShape(bias.shape, [weight!.shape[0]!]);
}

function isEmbedding({ operator, attributes }: Node): boolean {
  return operator.type === 'Gather' && attributes['axis'] === 0;
}

function isWide({ shape }: Value): boolean {
  return shape.slice(0, 2).every((size) => (size as number) >= fewestChannels);
}

/** The name of the scale of a weight. */
export const scaleName = (name: string) => `${name}_scale`;

export interface IntegerWeightOptions {
  /** How the parameter of this name is stored, if as int8. */
  readonly layoutOf: (name: string) => IntegerLayout | undefined;
  /** Whether linear layers multiply in integers, which rounds their inputs too; otherwise only the storage is int8. */
  readonly integerProducts: boolean;
}

/** Rules by which a graph computes with int8 weights. Its parameters are then the stored elements and their scales. */
export function integerWeights({ layoutOf, integerProducts }: IntegerWeightOptions): Rules {
  const stored = (graph: Graph, original: Value | undefined) => {
    const layout = original && !original.node ? layoutOf(original.name) : undefined;
    return layout === undefined ? undefined : storedWeight(graph, original!, layout);
  };
  return {
    parameter(graph, original) {
      const weight = stored(graph, original);
      return weight && floats(weight);
    },
    node(original, inputs) {
      const [first, second] = inputs;
      if (isLinear(original)) {
        const weight = stored(first!.graph, original.inputs[1]);
        if (weight?.layout !== 'transposed') return undefined;
        if (integerProducts) return [dynamicQuantizeMatMul(first!, weight.elements, flat(weight), inputs[2])];
        return [gemm(first!, dequantized(weight), inputs[2])];
      }
      if (!isEmbedding(original)) return undefined;
      const weight = stored(first!.graph, original.inputs[0]);
      if (weight?.layout !== 'plain') return undefined;
      const scale = reshape(flat(weight), [-1, ...weight.elements.shape.slice(1).map(() => 1)]);
      return [mul(cast(gather(weight.elements, second!), 'float32'), gather(scale, second!))];
    },
  };
}

interface StoredWeight {
  readonly elements: Value;
  readonly scale: Value;
  readonly layout: IntegerLayout;
}

function storedWeight(graph: Graph, { name, shape }: Value, layout: IntegerLayout): StoredWeight {
  const sizes = shape as readonly number[];
  const places = layout === 'plain' ? sizes : [...sizes].reverse();
  const scales = layout === 'plain' ? sizes.map((size, i) => (i === 0 ? size : 1)) : [1, sizes[0]!];
  return {
    elements: parameter(graph, name, places, 'int8'),
    scale: parameter(graph, scaleName(name), scales),
    layout,
  };
}

/** The scale as [out]. */
function flat({ scale, elements, layout }: StoredWeight): Value {
  return reshape(scale, [elements.shape[layout === 'plain' ? 0 : 1]!]);
}

/** The weight as float32, in the layout in which it is stored. */
function dequantized(weight: StoredWeight): Value {
  return dequantizeLinear(weight.elements, flat(weight), weight.layout === 'plain' ? 0 : 1);
}

/** The weight as float32, as the model asked for it. */
function floats(weight: StoredWeight): Value {
  const value = dequantized(weight);
  return weight.layout === 'plain' ? value : transpose(value, [1, 0]);
}
