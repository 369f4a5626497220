/**
 * What a training step costs, counted in the graph: the multiplications of its matrix products, forward and backward.
 */

import type { LossSettings } from '../../src/distillation/loss.ts';
import { type ObjectiveName, objectiveNamed } from '../../src/distillation/objective.ts';
import { stepGraph } from '../../src/distillation/stepGraph.ts';
import type { EncoderModel } from '../../src/encoders/model.ts';
import { flops } from '../../src/graph/flops.ts';
import { promptLength } from '../../src/text/tokenizer.ts';

/** Multiplications of one step of `pairs` pairs whose longer text has `length` tokens. */
export function stepCost(
  model: EncoderModel,
  objective: ObjectiveName,
  loss: LossSettings,
  pairs: number,
  length: number,
): number {
  const folded = model.equalPadId === undefined ? promptLength : 'length';
  const { gradients } = stepGraph(model, objectiveNamed(objective), folded, { loss });
  const sizes = { batch: 2 * pairs, pairs, length: length + 1 };
  return flops(Object.values(gradients), sizes) / 2;
}
