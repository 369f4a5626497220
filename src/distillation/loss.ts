/**
 * What a student is taught by, where that is more than the mean squared error that a run reports.
 *
 * The reported losses stay what they are whatever is taught, so that runs can be compared. The terms, summed:
 *
 *   sum of language * position * |h - t|^2      squared distance, weighted by language and by position
 *   cosine * (1 - cos(h, t))                    the direction of each row, weighted in the same way
 *   contrastive * InfoNCE                       the Korean text's mean row finds its own sentence among those of the
 *                                               batch (van den Oord et al., arXiv 1807.03748)
 */
import type { EncoderModel } from '../encoders/model.ts';
import { ConfigError } from '../errors.ts';
import { input, scalar, type Value } from '../graph/graph.ts';
import { add, div, log, mul, neg, sub } from '../graph/ops/arithmetic.ts';
import { sqrt } from '../graph/ops/elementwise.ts';
import { gather } from '../graph/ops/gather.ts';
import { fusedMatMul } from '../graph/ops/matmul.ts';
import { reduceSum } from '../graph/ops/reduce.ts';
import { softmax } from '../graph/ops/softmax.ts';
import { floatTensor, intTensor, type Tensor } from '../runtime/tensor.ts';
import { promptLength } from '../text/tokenizer.ts';

export interface LossSettings {
  /** Weights of the English and of the Korean half. */
  readonly english: number;
  readonly korean: number;
  /** How much a position counts: all the same, the less the more the teacher's rows vary there, or by what the U-Net reads there. */
  readonly positions: 'equal' | 'variance' | 'reading';
  /** Weight of 1 - cosine. */
  readonly cosine: number;
  /** Weight of InfoNCE, and the temperature that its similarities are divided by. */
  readonly contrastive: number;
  readonly temperature: number;
}

/** Is it the mean squared error, and nothing more? */
export function isPlain({ english, korean, positions, cosine, contrastive }: LossSettings): boolean {
  return english === 1 && korean === 1 && positions === 'equal' && cosine === 0 && contrastive === 0;
}

/** Must the step's graph spread the folded pads of `model`, so that each position can be weighed? */
export function spreadsPads(
  settings: LossSettings,
  { equalPadId, outputRows }: Pick<EncoderModel, 'equalPadId' | 'outputRows'>,
): boolean {
  return !isPlain(settings) && equalPadId !== undefined && outputRows === undefined;
}

/** Throws ConfigError where the loss speaks of positions and the student is compared by one row a text. */
export function checkLoss(settings: LossSettings, perPosition: boolean): void {
  if (isPlain(settings) || perPosition) return;
  throw new ConfigError(
    'The loss weighs positions, but this kind of student is compared with its teacher by one row a text.',
    'Leave out `loss`, or choose another student.kind.',
  );
}

/** What a run measures once, before it learns. */
export interface LossFacts {
  /** [77], with mean 1. */
  readonly positionWeights: Float32Array;
  /** [hidden]: mean over positions and sentences of the teacher's rows. */
  readonly center: Float32Array;
}

/** Keeps the quotient of a cosine finite. */
const tiny = 1e-12;

/** [pairs, hidden] each: mean rows of the Korean texts, and of their targets. */
export interface Means {
  readonly student: Value;
  readonly target: Value;
}

export interface Taught {
  /** What is differentiated, rank 0. */
  readonly total: Value;
  /** What InfoNCE compares, if it is taught. */
  readonly means?: Means;
}

/**
 * `student` and `target` are [batch, 77, hidden], `scale` is 1 over the values of the English half. Adds the inputs that
 * `lossFeeds` gives. With `inParts`, InfoNCE comes in by its slopes, `loss_slopes` [pairs, hidden]: see contrast.ts.
 */
export function taughtLoss(
  settings: LossSettings,
  student: Value,
  target: Value,
  scale: Value,
  inParts: boolean,
): Taught {
  const { graph, shape } = student;
  const hidden = shape[2] as number;
  const weight = input(graph, 'loss_weight', 'float32', ['batch', promptLength, 1]);
  const difference = sub(student, target);
  const squares = reduceSum(mul(weight, mul(difference, difference)));
  const terms = [mul(squares, scale)];
  if (settings.cosine > 0) {
    const far = reduceSum(mul(weight, sub(1, cosine(student, target))));
    terms.push(mul(mul(far, scale), hidden * settings.cosine));
  }
  const means = settings.contrastive > 0 ? koreanMeans(student, target) : undefined;
  if (means && inParts) {
    const slopes = input(graph, 'loss_slopes', 'float32', ['pairs', hidden]);
    terms.push(reduceSum(mul(means.student, slopes)));
  } else if (means) terms.push(infoNCE(settings, means));
  return { total: terms.reduce((a, b) => add(a, b)), ...(means ? { means } : {}) };
}

/** Along the last axis, which stays with size 1. */
function cosine(a: Value, b: Value): Value {
  const dot = (x: Value, y: Value) => reduceSum(mul(x, y), [-1], true);
  return div(dot(a, b), sqrt(add(mul(dot(a, a), dot(b, b)), tiny)));
}

function koreanMeans(student: Value, target: Value): Means {
  const korean = input(student.graph, 'loss_korean', 'int64', ['pairs']);
  const means = (rows: Value) => gather(mul(reduceSum(rows, [1]), 1 / promptLength), korean);
  return { student: means(student), target: means(target) };
}

/**
 * Weighted, a mean over the Korean texts; a sentence that stands in the batch more than once is found at any of its
 * places. Adds the inputs `loss_center` and `loss_positives`.
 */
export function infoNCE({ contrastive, temperature }: LossSettings, { student, target }: Means): Value {
  const { graph, shape } = student;
  const center = input(graph, 'loss_center', 'float32', [shape[1]!]);
  const positives = input(graph, 'loss_positives', 'float32', ['pairs', 'pairs']);
  const direction = (means: Value) => {
    const centered = sub(means, center);
    return div(centered, sqrt(add(reduceSum(mul(centered, centered), [-1], true), tiny)));
  };
  const similarity = fusedMatMul(direction(student), direction(target), {
    transB: true,
    alpha: 1 / temperature,
  });
  const found = reduceSum(mul(positives, log(add(softmax(similarity), scalar(graph, tiny)))));
  return mul(neg(found), contrastive);
}

/**
 * What to feed `taughtLoss` for a batch of English texts, then their Korean ones; `sentences` [pairs] say which English
 * sentence each pair has.
 */
export function lossFeeds(
  settings: LossSettings,
  { positionWeights, center }: LossFacts,
  sentences: readonly number[],
): Record<string, Tensor> {
  const pairs = sentences.length;
  const weight = new Float32Array(2 * pairs * promptLength);
  for (let i = 0; i < weight.length; i++) {
    const language = i < weight.length / 2 ? settings.english : settings.korean;
    weight[i] = language * positionWeights[i % promptLength]!;
  }
  const feeds = { loss_weight: floatTensor(weight, [2 * pairs, promptLength, 1]) };
  if (settings.contrastive === 0) return feeds;
  return {
    ...feeds,
    loss_center: floatTensor(center, [center.length]),
    loss_korean: intTensor(
      sentences.map((_, i) => pairs + i),
      [pairs],
    ),
    loss_positives: positivesOf(sentences),
  };
}

/** [pairs, pairs]: 1 / pairs shared among the places of the row's own sentence. */
export function positivesOf(sentences: readonly number[]): Tensor {
  const counts = new Map<number, number>();
  for (const sentence of sentences) counts.set(sentence, (counts.get(sentence) ?? 0) + 1);
  const share = (sentence: number) => 1 / (sentences.length * counts.get(sentence)!);
  const shares = sentences.flatMap((own) => sentences.map((other) => (own === other ? share(own) : 0)));
  return floatTensor(Float32Array.from(shares), [sentences.length, sentences.length]);
}
