/**
 * A student in training: its graphs as sessions, and the state that they are fed from and change.
 */
import type { EncoderModel } from '../encoders/model.ts';
import type { Value } from '../graph/graph.ts';
import { compileKeeping } from '../runtime/compile.ts';
import { checkHalf } from '../runtime/half.ts';
import { type DeviceTensor, type Feeds, inputsOf, type KeepingRuntime } from '../runtime/keeping.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { promptLength } from '../text/tokenizer.ts';
import type { AdamWOptions } from './adamw/adamw.ts';
import type { Batch } from './batch.ts';
import { openContrast } from './contrast.ts';
import { type DecayRule, decays } from './decay.ts';
import type { LossSettings } from './loss.ts';
import { firstScale, type LossScale, nextLossScale } from './lossScale.ts';
import type { Objective } from './objective.ts';
import { alone, type Collective } from './parallel/collective.ts';
import { placeFor, type StatePlace, states } from './state/registry.ts';
import type { StateSnapshot, TrainedParameter, TrainingState } from './state/state.ts';
import { gradientName, lossScaleName, type Precision, stepGraph } from './stepGraph.ts';

/** All that a student has learnt, and what goes on with it. */
export interface StudentSnapshot extends StateSnapshot {
  /** Where the backward pass is in float16. */
  readonly lossScale?: LossScale;
}

export interface Student {
  readonly parameters: TrainingState['parameters'];
  readonly place: StatePlace;
  /** What the loss of the next step is multiplied by; undefined in float32. */
  readonly lossScale: number | undefined;
  /**
   * One optimizer step, by the sum of the gradients of the batch's parts, which are computed one after the other, and of
   * those that the other processes compute. Returns the summed squares of each text of each part here, before the step.
   */
  learn(parts: readonly Batch[], learningRate: number): Promise<Float32Array[]>;
  /** The same sums without learning. */
  measure(batch: Batch): Promise<Float32Array>;
  /** Good until the next step. */
  snapshot(): Promise<StudentSnapshot>;
  /** Goes on from a snapshot. Throws CheckpointError, and changes nothing, if it is of another student. */
  restore(snapshot: StudentSnapshot): void;
  dispose(): Promise<void>;
}

export type StudentSettings = Omit<AdamWOptions, 'clipNorm'> & {
  readonly decayRule: DecayRule;
  readonly clipNorm?: number | undefined;
  /** What is taught, if not the plain mean squared error. */
  readonly loss?: LossSettings;
  /** Compute layers again in the backward pass, which takes a third longer and much less memory. */
  readonly checkpointing?: boolean;
  /** A step may have more parts than one, of this process or of others. */
  readonly inParts?: boolean;
  /** What products are computed in; float32 by default. */
  readonly precision?: Precision;
  /** With float16: what the loss is multiplied by at first; 65536 by default. */
  readonly firstLossScale?: number;
  /** Where the state lies, if not where it is best on the runtime. */
  readonly place?: StatePlace;
  /** The processes that learn this student, each from parts of its own. */
  readonly collective?: Collective;
};

/** Gives the first values of each parameter. */
type Initial = (parameters: ReadonlyMap<string, Value>) => Promise<ReadonlyMap<string, Float32Array>>;

/**
 * Builds the student; `initial` is asked for the parameters that the loss depends on. The state takes 12 bytes a
 * parameter: 0.8 GB for klue/roberta-small, 1.5 GB for SD v1's CLIP. Throws what the member of `states` throws.
 */
export async function createStudent(
  runtime: KeepingRuntime,
  model: EncoderModel,
  objective: Objective,
  {
    decayRule,
    clipNorm,
    checkpointing,
    inParts,
    loss,
    precision,
    place = placeFor(runtime),
    firstLossScale = firstScale,
    collective = alone,
    ...settings
  }: StudentSettings,
  initial: Initial,
): Promise<Student> {
  if (precision === 'f16') await checkHalf(runtime, 'training.precision');
  // Models that fold pads take batches of any length; the others always see 77 positions.
  const length = model.equalPadId === undefined ? promptLength : 'length';
  const step = stepGraph(model, objective, length, { loss, checkpointing, inParts, precision });
  const options = { ...settings, ...(clipNorm === undefined ? {} : { clipNorm }) };
  const state = await states[place](
    runtime,
    await firstParameters(step.parameters, decayRule, initial),
    options,
  );
  const computed = { losses: step.losses, ...step.gradients };
  const learning = await compileKeeping(runtime, step.graph, computed, Object.keys(step.gradients));
  const contrast =
    inParts && loss && step.means ? await openContrast(runtime, step.means, loss, collective) : undefined;
  const measuring = await compileKeeping(runtime, step.graph, { losses: step.losses });
  const fresh: LossScale = { scale: firstLossScale, goodSteps: 0, skipped: 0 };
  let lossScale = precision === 'f16' ? fresh : undefined;
  return {
    parameters: state.parameters,
    place,
    get lossScale() {
      return lossScale?.scale;
    },
    learn: async (parts, learningRate) => {
      const losses: Float32Array[] = [];
      const scale = lossScale?.scale;
      const slopes = await contrast?.slopesOf(parts, state.feeds());
      for (const [i, { feeds, lossFeeds }] of parts.entries()) {
        const all: Feeds = { ...feeds, ...lossFeeds, ...slopes?.[i], ...scaleFeed(scale), ...state.feeds() };
        const { read, kept } = await learning.run(inputsOf(learning, all));
        losses.push(read['losses']!.data as Float32Array);
        await state.add(byParameter(state, kept));
      }
      if (collective.size > 1) await state.exchange(collective);
      const applied = await state.update({ learningRate, lossScale: scale });
      if (lossScale) lossScale = nextLossScale(lossScale, applied);
      return losses;
    },
    measure: async ({ feeds }) => {
      const { read } = await measuring.run(inputsOf(measuring, { ...feeds, ...state.feeds() }));
      return read['losses']!.data as Float32Array;
    },
    snapshot: async () => ({ ...(await state.snapshot()), ...(lossScale ? { lossScale } : {}) }),
    restore: (snapshot) => {
      state.restore(snapshot);
      if (lossScale) lossScale = snapshot.lossScale ?? fresh;
    },
    dispose: async () => {
      await learning.dispose();
      await contrast?.dispose();
      await measuring.dispose();
      await state.dispose();
    },
  };
}

function scaleFeed(scale: number | undefined): Feeds {
  return scale === undefined ? {} : { [lossScaleName]: floatTensor(Float32Array.of(scale), []) };
}

function byParameter(
  { parameters }: TrainingState,
  gradients: Readonly<Record<string, DeviceTensor>>,
): Record<string, DeviceTensor> {
  return Object.fromEntries(parameters.map(({ name }) => [name, gradients[gradientName(name)]!]));
}

/** A function of its own, so that nothing that lives as long as the student keeps the initial values. */
async function firstParameters(
  parameters: ReadonlyMap<string, Value>,
  rule: DecayRule,
  initial: Initial,
): Promise<TrainedParameter[]> {
  const values = await initial(parameters);
  return [...parameters].map(([name, { shape }]) => ({
    name,
    shape: shape as readonly number[],
    data: values.get(name)!,
    decay: decays(name, rule),
  }));
}
