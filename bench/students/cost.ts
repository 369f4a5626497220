/**
 * What a training step costs, counted in the graph: the multiplications of its matrix products, forward and backward.
 */

import type { LossSettings } from '../../src/distillation/loss.ts';
import { objectiveNamed } from '../../src/distillation/objective.ts';
import { stepGraph } from '../../src/distillation/stepGraph.ts';
import type { EncoderModel } from '../../src/encoders/model.ts';
import type { Node } from '../../src/graph/graph.ts';
import { factorsOf, product, type Shape } from '../../src/graph/shape.ts';
import { promptLength } from '../../src/text/tokenizer.ts';

/** Sizes of the symbolic dimensions. */
type Dimensions = Readonly<Record<string, number>>;

/** Multiplications of one step of `pairs` pairs whose longer text has `length` tokens. */
export function stepCost(model: EncoderModel, loss: LossSettings, pairs: number, length: number): number {
  const folds = model.equalPadId !== undefined;
  const { graph } = stepGraph(
    model,
    objectiveNamed('last_hidden_state'),
    folds ? 'length' : promptLength,
    loss,
  );
  const sizes = { batch: 2 * pairs, pairs, length: length + 1 };
  return graph.nodes.reduce((sum, node) => sum + multiplications(node, sizes), 0);
}

function multiplications({ operator, inputs, outputs, attributes }: Node, sizes: Dimensions): number {
  const out = elements(outputs[0]!.shape, sizes);
  const [a, b] = inputs;
  switch (operator.type) {
    case 'Gemm':
    case 'MatMul':
    case 'FusedMatMul': {
      const inner = a!.shape.at(attributes['transA'] === 1 ? -2 : -1)!;
      return out * elements([inner], sizes);
    }
    case 'MultiHeadAttention': // scores, and what is read by them
      return 2 * out * elements([b!.shape[1]!], sizes);
    default:
      return 0;
  }
}

function elements(shape: Shape, sizes: Dimensions): number {
  const { factor, names } = factorsOf(product(shape));
  return names.reduce((size, name) => size * sizes[name]!, factor);
}
