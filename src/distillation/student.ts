/**
 * A student in training: its graph as sessions, its parameters and moments in one memory, and the optimizer.
 */
import type { EncoderModel } from '../encoders/model.ts';
import type { Value } from '../graph/graph.ts';
import { compile } from '../runtime/compile.ts';
import type { Runtime } from '../runtime/session.ts';
import { floatTensor, type Tensor } from '../runtime/tensor.ts';
import { promptLength } from '../text/tokenizer.ts';
import { type AdamWOptions, adamw } from './adamw/adamw.ts';
import { createTrainingState, type TrainingState } from './adamw/state.ts';
import type { Batch } from './batch.ts';
import { type DecayRule, decays } from './decay.ts';
import type { LossSettings } from './loss.ts';
import type { Objective } from './objective.ts';
import { alone, type Collective } from './parallel/collective.ts';
import { gradientName, type StepGraph, stepGraph } from './stepGraph.ts';

export interface Student {
  readonly state: TrainingState;
  /**
   * One optimizer step, by the sum of the gradients of the batch's parts, which are computed one after the other, and of
   * those that the other processes compute. Returns the summed squares of each text of each part here, before the step.
   */
  learn(parts: readonly Batch[], learningRate: number): Promise<Float32Array[]>;
  /** The same sums without learning. */
  measure(batch: Batch): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export type StudentSettings = Omit<AdamWOptions, 'clipNorm'> & {
  readonly decayRule: DecayRule;
  readonly clipNorm?: number | undefined;
  /** What is taught, if not the plain mean squared error. */
  readonly loss?: LossSettings;
  /** Compute layers again in the backward pass, which takes a third longer and much less memory. */
  readonly checkpointing?: boolean;
  /** The processes that learn this student, each from parts of its own. */
  readonly collective?: Collective;
};

/** Gives the first values of each parameter. */
type Initial = (parameters: ReadonlyMap<string, Value>) => Promise<ReadonlyMap<string, Float32Array>>;

/**
 * Builds the student; `initial` is asked for the parameters that the loss depends on. The state takes 12 bytes a
 * parameter: 0.8 GB for klue/roberta-small, 1.5 GB for SD v1's CLIP. Throws what `createTrainingState` and `adamw` throw.
 */
export async function createStudent(
  runtime: Runtime,
  model: EncoderModel,
  objective: Objective,
  { decayRule, clipNorm, checkpointing, loss, collective = alone, ...settings }: StudentSettings,
  initial: Initial,
): Promise<Student> {
  // Models that fold pads take batches of any length; the others always see 77 positions.
  const length = model.equalPadId === undefined ? promptLength : 'length';
  const step = stepGraph(model, objective, length, { loss, checkpointing });
  const state = await initialState(step, decayRule, initial);
  const optimizer = adamw(state, { ...settings, ...(clipNorm === undefined ? {} : { clipNorm }) });
  const learning = await compile(runtime, step.graph, { losses: step.losses, ...step.gradients });
  const measuring = await compile(runtime, step.graph, { losses: step.losses });
  const parameters: Record<string, Tensor> = Object.fromEntries(
    state.slots.map(({ name, shape }) => [name, floatTensor(state.parameter(name), shape)]),
  );
  return {
    state,
    learn: async (parts, learningRate) => {
      const losses: Float32Array[] = [];
      const gradients: Record<string, Float32Array> = {};
      for (const { feeds, lossFeeds } of parts) {
        const results = await learning.run({ ...feeds, ...lossFeeds, ...parameters });
        losses.push(results['losses']!.data as Float32Array);
        for (const { name } of state.slots) {
          const gradient = results[gradientName(name)]!.data as Float32Array;
          const sum = gradients[name];
          if (sum) addTo(sum, gradient);
          else gradients[name] = gradient;
        }
      }
      // A process may have no part of a small batch.
      for (const { name, length } of state.slots) gradients[name] ??= new Float32Array(length);
      await collective.sum(...Object.values(gradients));
      optimizer.step(gradients, learningRate);
      return losses;
    },
    measure: async ({ feeds: { scale: _, ...feeds } }) => {
      const results = await measuring.run({ ...feeds, ...parameters });
      return results['losses']!.data as Float32Array;
    },
    dispose: async () => {
      await learning.dispose();
      await measuring.dispose();
    },
  };
}

function addTo(sum: Float32Array, values: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + values[i]!;
}

/** A function of its own, so that nothing that lives as long as the student keeps the initial values. */
async function initialState(step: StepGraph, rule: DecayRule, initial: Initial): Promise<TrainingState> {
  const values = await initial(step.parameters);
  return createTrainingState(
    [...step.parameters].map(([name, { shape }]) => ({
      name,
      shape: shape as readonly number[],
      data: values.get(name)!,
      decay: decays(name, rule),
    })),
  );
}
