/**
 * Dynamic loss scaling (Micikevicius et al., "Mixed Precision Training", arXiv 1710.03740, as torch.amp.GradScaler does it).
 *
 * Gradients in float16 below 6e-8 are 0, so the loss is multiplied by a large number, which the update divides out again. As
 * large as can be: where a gradient overflows, the step is skipped and the number halved; after many good steps it doubles.
 */
import { RuntimeError } from '../errors.ts';

export interface LossScale {
  readonly scale: number;
  /** Good steps since it last changed. */
  readonly goodSteps: number;
  /** Steps of the run that were skipped. */
  readonly skipped: number;
}

export const firstScale = 65_536;

/** Good steps until it doubles. */
export const growthInterval = 2000;

/**
 * The scale for the next step, after one that was applied or skipped. Throws RuntimeError where gradients that are hardly
 * scaled overflow.
 */
export function nextLossScale({ scale, goodSteps, skipped }: LossScale, applied: boolean): LossScale {
  if (applied) {
    const grown = goodSteps + 1 >= growthInterval;
    return { scale: grown ? 2 * scale : scale, goodSteps: grown ? 0 : goodSteps + 1, skipped };
  }
  if (scale > 1) return { scale: scale / 2, goodSteps: 0, skipped: skipped + 1 };
  throw new RuntimeError(
    'The gradients overflow in float16 although the loss is no longer scaled.',
    'Lower training.learningRate, or set training.precision: f32; the last checkpoint is whole.',
  );
}
