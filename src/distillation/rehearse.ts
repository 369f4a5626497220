/**
 * What a training would take on this machine, from its data and a few of its steps. Nothing of it is kept.
 */
import { flops } from '../graph/flops.ts';
import { peakBytes } from '../graph/memory.ts';
import { promptLength } from '../text/tokenizer.ts';
import type { Batch } from './batch.ts';
import { type DataEvent, epochBatches, longerLengths, type TaughtLoss } from './data.ts';
import { partsOf } from './epoch.ts';
import type { RunFacts } from './events.ts';
import type { Experiment } from './experiment.ts';
import { isPlain } from './loss.ts';
import { objectiveNamed } from './objective.ts';
import { factsOf, prepare, type Run, type TrainOptions } from './prepare.ts';
import { updateBytes } from './state/device.ts';
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
    /** What a step took beyond these; where the state is on a device, what its values would take there. */
    readonly activations: number;
    /** The most that this process had. */
    readonly peak: number;
    /** Where the state is on a device: the most that all of it would take there, roughly. */
    readonly device?: number;
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
  /** Bytes of the values inside the step's graph, gradients included. */
  readonly held: number;
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
  const state = { parameters, moments: 2 * parameters, gradients: parameters };
  const memory =
    run.student.place === 'device'
      ? { ...state, ...deviceMemory(run, parameters, Math.max(...tried.map(({ held }) => held))), peak }
      : { ...state, activations: Math.max(0, peak - before - parameters), peak };
  return {
    facts,
    flopsAStep: total('flops') / (triedSteps - 1),
    secondsAStep: steps / facts.totalSteps,
    memory,
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
    ...workOf(run, parts),
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

/** `held` are the bytes of the values in the step's graph. An update holds some old and new state at once, after them. */
function deviceMemory({ student, experiment }: Run, parameters: number, held: number) {
  const gradients = experiment.training.accumulate > 1 ? 2 * parameters : parameters;
  const activations = Math.max(0, held - parameters);
  const device = 3 * parameters + gradients + Math.max(activations, updateBytes(student.parameters));
  return { activations, device };
}

/** Operations of a step, and the most bytes of a part of it; symbolic dimensions have the sizes of the feeds. */
function workOf({ experiment, batching }: Run, parts: readonly Batch[]): { flops: number; held: number } {
  const { model } = batching;
  const objective = objectiveNamed(studentKinds[experiment.student.kind].objective);
  const { checkpointing, precision, accumulate } = experiment.training;
  const length = model.equalPadId === undefined ? promptLength : 'length';
  const inParts = accumulate > 1;
  const options = { loss: experiment.loss, checkpointing, precision, inParts };
  const { graph, gradients, means } = stepGraph(model, objective, length, options);
  const outputs = Object.values(gradients);
  const work = { flops: 0, held: 0 };
  for (const { feeds, lossFeeds } of parts) {
    const fed = { ...feeds, ...lossFeeds };
    const sizes: Record<string, number> = {};
    for (const [name, { shape }] of graph.inputs) {
      shape.forEach((dim, axis) => {
        const size = fed[name]?.shape[axis];
        if (typeof dim === 'string' && size !== undefined) sizes[dim] = size;
      });
    }
    work.flops += flops(outputs, sizes);
    // In parts, what InfoNCE compares is computed once more, before all else (contrast.ts).
    if (inParts && means) work.flops += flops(Object.values(means), sizes);
    work.held = Math.max(work.held, peakBytes(outputs, sizes));
  }
  return work;
}
