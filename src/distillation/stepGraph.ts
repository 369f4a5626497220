/**
 * The graph of one training step: the student on a batch of English and Korean texts, its squared distance from the
 * teacher's rows, and the gradient of every parameter.
 */
import type { EncoderModel } from '../encoders/model.ts';
import { gradients } from '../graph/gradients.ts';
import { createGraph, type Graph, input, type Node, type Value } from '../graph/graph.ts';
import { halfProducts } from '../graph/halfProducts.ts';
import { mul, sub } from '../graph/ops/arithmetic.ts';
import { reduceSum } from '../graph/ops/reduce.ts';
import { rewrite } from '../graph/rewrite.ts';
import type { Dim } from '../graph/shape.ts';
import { spreadRows } from '../models/rows.ts';
import { promptLength } from '../text/tokenizer.ts';
import { isPlain, type LossSettings, type Means, taughtLoss } from './loss.ts';
import type { Objective } from './objective.ts';

export interface StepGraph {
  readonly graph: Graph;
  /** Trained parameters, by name: those that the loss depends on. */
  readonly parameters: ReadonlyMap<string, Value>;
  /** [batch]: for each text the weighted sum of squared differences from its target. */
  readonly losses: Value;
  /** What is differentiated, rank 0: scale * sum(losses), or what is taught instead. */
  readonly total: Value;
  /** What InfoNCE compares, if it is taught. */
  readonly means?: Means;
  /** Gradient of `total`, by `gradientName` of the parameter. */
  readonly gradients: Readonly<Record<string, Value>>;
}

export interface StepOptions {
  /** What is taught, if not the plain mean squared error. */
  readonly loss?: LossSettings | undefined;
  readonly checkpointing?: boolean | undefined;
  /** The step is computed in parts: InfoNCE, which compares all of its texts, comes in by its slopes (contrast.ts). */
  readonly inParts?: boolean | undefined;
  /** `f32` by default. */
  readonly precision?: Precision | undefined;
}

/**
 * `f16`: matrix products, forward and backward, in float16 (graph/halfProducts.ts); parameters, sums, norms, softmax and loss
 * in float32. The loss that is differentiated is multiplied by one more input, [].
 */
export const precisions = ['f32', 'f16'] as const;
export type Precision = (typeof precisions)[number];

export const lossScaleName = 'loss_scale';

/**
 * Inputs besides the student's own: `target` [batch, rows, hidden], `weight` [batch, rows, 1], `scale` [].
 * With `length` a symbol, batches of any length run. A `loss` that is not plain adds inputs of its own, and compares
 * all 77 positions. With `checkpointing` the backward pass computes each layer again.
 */
export function stepGraph(
  model: EncoderModel,
  objective: Objective,
  length: Dim,
  { loss, checkpointing = false, inParts = false, precision = 'f32' }: StepOptions = {},
): StepGraph {
  const graph = createGraph();
  const encoded = model.build(graph, length);
  const compared = objective.student(encoded);
  const taught = loss === undefined || isPlain(loss) ? undefined : loss;
  const student =
    taught && typeof compared.shape[1] === 'string' ? spreadRows(compared, promptLength) : compared;
  const rows = student.shape[1]!;
  const beforeLoss = graph.nodes.length;
  const target = input(graph, 'target', 'float32', ['batch', rows, model.hiddenSize]);
  const weight = input(graph, 'weight', 'float32', ['batch', rows, 1]);
  const scale = input(graph, 'scale', 'float32', []);
  const difference = sub(student, target);
  const losses = reduceSum(mul(weight, mul(difference, difference)), [1, 2]);
  const wanted = [...graph.parameters];
  const { total, means } = taught
    ? taughtLoss(taught, student, target, scale, inParts)
    : { total: mul(reduceSum(losses), scale) };
  const inLoss = new Set(graph.nodes.slice(beforeLoss));
  const results = gradients(
    total,
    wanted.map(([, value]) => value),
    precision === 'f16' ? input(graph, lossScaleName, 'float32', []) : undefined,
    { outputs: encoded.layerOutputs, recompute: checkpointing },
  );
  const trained = wanted.flatMap(([name, value], i) =>
    results[i] ? [{ name, value, gradient: results[i] }] : [],
  );
  const whole: StepGraph = {
    graph,
    parameters: new Map(trained.map(({ name, value }) => [name, value])),
    losses,
    total,
    ...(means ? { means } : {}),
    gradients: Object.fromEntries(trained.map(({ name, gradient }) => [gradientName(name), gradient])),
  };
  return precision === 'f16' ? inHalf(whole, inLoss) : whole;
}

function inHalf(
  { graph, parameters, losses, total, means, gradients }: StepGraph,
  inLoss: ReadonlySet<Node>,
): StepGraph {
  const outputs = { losses, total, ...(means ? meanOutputs(means) : {}), ...gradients };
  const rewritten = rewrite(graph, outputs, [halfProducts(inLoss)]);
  const named = (name: string) => rewritten.outputs[name]!;
  return {
    graph: rewritten.graph,
    parameters: new Map([...parameters.keys()].map((name) => [name, rewritten.graph.parameters.get(name)!])),
    losses: named('losses'),
    total: named('total'),
    ...(means ? { means: { student: named('student means'), target: named('target means') } } : {}),
    gradients: Object.fromEntries(Object.keys(gradients).map((name) => [name, named(name)])),
  };
}

const meanOutputs = ({ student, target }: Means) => ({ 'student means': student, 'target means': target });

/** What the gradient of a parameter is called among the outputs, where the parameter's own name is an input's. */
export function gradientName(parameter: string): string {
  return `gradient of ${parameter}`;
}
