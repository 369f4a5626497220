/**
 * What a training would take on this machine, from its data and a few of its steps. Nothing of it is kept.
 */
import { flops } from '../graph/flops.ts';
import { promptLength } from '../text/tokenizer.ts';
import type { Batch } from './batch.ts';
import { type DataEvent, epochBatches, longerLengths, type TaughtLoss } from './data.ts';
import { partsOf } from './epoch.ts';
import type { RunFacts } from './events.ts';
import type { Experiment } from './experiment.ts';
import { isPlain } from './loss.ts';
import { objectiveNamed } from './objective.ts';
import { factsOf, prepare, type Run, type TrainOptions } from './prepare.ts';
import { stepGraph } from './stepGraph.ts';
import { studentKinds } from './students.ts';

export interface Estimate {
  readonly facts: RunFacts;
  /** Floating-point operations of a step: mean of those that were tried. */
  readonly flopsAStep: number;
  readonly secondsAStep: number;
  /** Bytes. */
  readonly memory: {
    readonly parameters: number;
    readonly moments: number;
    readonly gradients: number;
    /** What a step took beyond these. */
    readonly activations: number;
    /** The most that this process had. */
    readonly peak: number;
  };
  /** Bytes on disk of the teacher's states. */
  readonly cache: number;
  /** Seconds: the teacher's reading, all steps, validation after each epoch. */
  readonly time: { readonly teacher: number; readonly steps: number; readonly validation: number };
}

/** The first one only warms up. */
const triedSteps = 3;

/**
 * Prepares the run and tries some of its steps; `folder` is for what that writes, and may be deleted afterwards.
 * Throws what `train` throws for an experiment that cannot be run.
 */
export async function* rehearse(
  experiment: Experiment,
  options: TrainOptions,
): AsyncGenerator<DataEvent, Estimate, void> {
  const run = yield* prepare(experiment, options);
  try {
    return await estimate(run);
  } finally {
    await run.data.tokens.close();
    await run.student.dispose();
    await run.teacher.dispose();
  }
}

/** What one step took, in seconds where it is time. */
interface Step {
  readonly pairs: number;
  /** Rows of its texts that are computed. */
  readonly rows: number;
  readonly flops: number;
  readonly teacher: number;
  /** Without the teacher. */
  readonly step: number;
  readonly forward: number;
}

async function estimate(run: Run): Promise<Estimate> {
  const { data, experiment } = run;
  const { batchSize, epochs } = experiment.training;
  const facts = factsOf(run, 0);
  const batches = epochBatches(longerLengths(data, data.train), batchSize, experiment.seed, 0);
  const before = process.memoryUsage.rss();
  const tried: Step[] = [];
  for (let i = 0; i < triedSteps; i++) {
    tried.push(
      await tryStep(
        run,
        batches[i % batches.length]!.map((place) => data.train[place]!),
      ),
    );
  }
  const peak = process.resourceUsage().maxRSS * 1024;
  const total = (part: keyof Step) => tried.slice(1).reduce((sum, step) => sum + step[part], 0);
  // Batches differ in length: the time goes with the rows that are computed.
  const steps = (total('step') / total('rows')) * epochs * rowsOf(run, data.train);
  const parameters = facts.parameters * Float32Array.BYTES_PER_ELEMENT;
  const activations = Math.max(0, peak - before - parameters);
  return {
    facts,
    flopsAStep: total('flops') / (triedSteps - 1),
    secondsAStep: steps / facts.totalSteps,
    memory: { parameters, moments: 2 * parameters, gradients: parameters, activations, peak },
    cache: data.sentences.length * run.rowValues * Uint16Array.BYTES_PER_ELEMENT,
    time: {
      teacher: (total('teacher') / total('pairs')) * data.sentences.length,
      steps,
      validation: (total('forward') / total('rows')) * epochs * rowsOf(run, data.validation),
    },
  };
}

async function tryStep(run: Run, rows: readonly number[]): Promise<Step> {
  const { data, teacher, student } = run;
  const marks = [performance.now()];
  const states = await teacher.rows(rows.map((row) => data.sentences[data.sentenceOf[row]!]!));
  marks.push(performance.now());
  const bySentence = new Map(rows.map((row, i) => [data.sentenceOf[row]!, states[i]!]));
  const parts = await partsOf(
    { ...run, batching: { ...run.batching, loss: rehearsedLoss(run) } },
    data.epochTokens(0),
    { read: async (sentence) => bySentence.get(sentence)! },
    rows,
  );
  await student.learn(parts, 0);
  marks.push(performance.now());
  for (const part of parts) await student.measure(part);
  marks.push(performance.now());
  const seconds = (i: number) => (marks[i + 1]! - marks[i]!) / 1000;
  return {
    pairs: rows.length,
    rows: rowsOf(run, rows),
    flops: parts.reduce((sum, part) => sum + flopsOf(run, part), 0),
    teacher: seconds(0),
    step: seconds(1),
    forward: seconds(2),
  };
}

/** What a loss measures before a run takes no part in the time of its steps: here all positions weigh the same. */
function rehearsedLoss({ experiment: { loss: settings }, teacher }: Run): TaughtLoss | undefined {
  if (isPlain(settings)) return undefined;
  const positionWeights = new Float32Array(promptLength).fill(1);
  return { settings, facts: { positionWeights, center: new Float32Array(teacher.hiddenSize) } };
}

/** Rows that both texts of each of these pairs are computed in: tokens and one pad, or 77. */
function rowsOf({ data, batching }: Run, pairs: ArrayLike<number>): number {
  const { lengths } = data.tokens;
  const rows = (text: number) =>
    batching.model.packed ? Math.min(lengths[text]! + 1, promptLength) : promptLength;
  return Array.from(pairs).reduce((sum, row) => sum + rows(2 * row) + rows(2 * row + 1), 0);
}

/** Symbolic dimensions have the sizes of the feeds. */
function flopsOf({ experiment, batching }: Run, { feeds, lossFeeds }: Batch): number {
  const all = { ...feeds, ...lossFeeds };
  const { model } = batching;
  const objective = objectiveNamed(studentKinds[experiment.student.kind].objective);
  const { checkpointing } = experiment.training;
  const length = model.equalPadId === undefined ? promptLength : 'length';
  const { graph, gradients } = stepGraph(model, objective, length, { loss: experiment.loss, checkpointing });
  const sizes: Record<string, number> = {};
  for (const [name, { shape }] of graph.inputs) {
    shape.forEach((dim, axis) => {
      const size = all[name]?.shape[axis];
      if (typeof dim === 'string' && size !== undefined) sizes[dim] = size;
    });
  }
  return flops(Object.values(gradients), sizes);
}
