/**
 * Makes what a training step is fed: token ids, the teacher's rows as targets, and how much each row counts.
 *
 * Pad folding: where all pads of a student have equal states (and no dropout disturbs it), one pad row can stand for
 * all of them exactly. As a key it counts as often as there are pads (the logarithm of their number is added to its
 * score); as a row of the loss, sum |h - t_i|^2 over the pads' targets t_i is n |h - mean t|^2 plus the spread of the
 * targets around their mean, which no gradient sees. A batch then is as long as its longest text plus one.
 */

import type { TokenIds } from '../corpus/tokens/cache.ts';
import type { EncoderModel } from '../encoders/model.ts';
import { foldedKeyBias, padShare } from '../encoders/packing.ts';
import { spreadFeeds } from '../encoders/spread.ts';
import { floatTensor, type Tensor } from '../runtime/tensor.ts';
import { promptLength } from '../text/tokenizer.ts';

export interface BatchOptions {
  readonly model: EncoderModel;
  /** The id that texts are padded with. */
  readonly padId: number;
  /** Has the objective a row for each position, or one a text? */
  readonly perPosition: boolean;
  /** Fold pads where the model allows it. */
  readonly fold: boolean;
  /** Compare all 77 positions: the step's graph spreads folded pads over them. */
  readonly spread?: boolean;
}

export interface Batch {
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** What a loss that is not plain is fed besides, while learning. */
  readonly lossFeeds?: Readonly<Record<string, Tensor>>;
  /** [pairs], with `lossFeeds`: which English sentence each pair has. */
  readonly sentences?: readonly number[];
  /** [texts]: what folding leaves out of each text's loss. */
  readonly constants: Float64Array;
}

/**
 * A batch of `texts`, each with its target rows [rows, hidden]: 77 rows, or one when the objective is not per position.
 * `scale` multiplies the summed squares into a mean.
 */
export function makeBatch(
  texts: readonly TokenIds[],
  targets: readonly Float32Array[],
  scale: number,
  { model, padId, perPosition, fold, spread }: BatchOptions,
): Batch {
  const lengths = texts.map((text) => text.length);
  const longest = Math.max(...lengths);
  const folded = fold && model.equalPadId !== undefined && longest < promptLength - 1;
  const length = folded ? longest + 1 : promptLength;
  const ids = new Int32Array(texts.length * length).fill(padId);
  texts.forEach((text, i) => {
    ids.set(text, i * length);
  });
  const keyBias = folded ? foldedKeyBias(lengths, length, promptLength) : undefined;
  // Where the graph spreads the pads, it is compared with all of the teacher's rows.
  const allRows = spread || model.outputRows !== undefined;
  const foldedTargets = folded && perPosition && !allRows;
  const rows = !perPosition ? 1 : allRows ? promptLength : length;
  const target = new Float32Array(texts.length * rows * model.hiddenSize);
  const weight = new Float32Array(texts.length * rows).fill(1);
  const constants = new Float64Array(texts.length);
  targets.forEach((states, i) => {
    const into = target.subarray(i * rows * model.hiddenSize, (i + 1) * rows * model.hiddenSize);
    if (!foldedTargets) into.set(states);
    else constants[i] = foldRows(states, texts[i]!.length, into, weight.subarray(i * rows, (i + 1) * rows));
  });
  return {
    feeds: {
      ...model.feeds(ids, length, keyBias),
      ...(spread ? spreadFeeds(length, promptLength) : {}),
      target: floatTensor(target, [texts.length, rows, model.hiddenSize]),
      weight: floatTensor(weight, [texts.length, rows, 1]),
      scale: floatTensor(Float32Array.of(scale), []),
    },
    constants,
  };
}

/** Writes the targets of one text into `target` [length, hidden] and `weight` [length]; returns the spread left out. */
function foldRows(
  states: Float32Array,
  textLength: number,
  target: Float32Array,
  weight: Float32Array,
): number {
  const length = weight.length;
  const hidden = target.length / length;
  target.set(states.subarray(0, textLength * hidden));
  const pads = promptLength - textLength;
  let spread = 0;
  for (let j = 0; j < hidden; j++) {
    let sum = 0;
    let squares = 0;
    for (let i = textLength; i < promptLength; i++) {
      const value = states[i * hidden + j]!;
      sum += value;
      squares += value * value;
    }
    spread += squares - (sum * sum) / pads;
    for (let i = textLength; i < length; i++) target[i * hidden + j] = sum / pads;
  }
  weight.fill(padShare(textLength, length, promptLength), textLength);
  return spread;
}
