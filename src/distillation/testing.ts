/**
 * For tests only: a student that is trained in a moment, on any runtime.
 *
 * Nothing but tests may import this.
 */
import { encoderModel } from '../encoders/family.ts';
import type { EncoderModel } from '../encoders/model.ts';
import type { Value } from '../graph/graph.ts';
import { randomStream } from '../random/stream.ts';
import type { KeepingRuntime } from '../runtime/keeping.ts';
import { promptLength } from '../text/tokenizer.ts';
import { type Batch, makeBatch } from './batch.ts';
import { type LossSettings, lossFeeds, spreadsPads } from './loss.ts';
import { objectiveNamed } from './objective.ts';
import { createStudent, type Student, type StudentSettings } from './student.ts';

/** config.json of a RoBERTa whose losses are computed by hand. */
export const smallRoberta = {
  vocab_size: 29,
  hidden_size: 12,
  intermediate_size: 20,
  num_hidden_layers: 1,
  num_attention_heads: 3,
  max_position_embeddings: 80,
  pad_token_id: 1,
} as const;

const hidden = 32;
const pad = 1;
const vocabulary = 60;

function tinyModel(layers: number): EncoderModel {
  const config = {
    vocab_size: vocabulary,
    hidden_size: hidden,
    intermediate_size: 64,
    num_hidden_layers: layers,
    num_attention_heads: 2,
    max_position_embeddings: 80,
    layer_norm_eps: 1e-5,
    pad_token_id: pad,
  };
  const model = encoderModel('roberta', config, 'tiny');
  return model.packed ?? model;
}

/** torch's AdamW, unless told otherwise. */
export type TinySettings = Partial<StudentSettings> & { readonly layers?: number };

/** A RoBERTa of layers (two) of 32, random but always the same. */
export function tinyStudent(
  runtime: KeepingRuntime,
  { layers = 2, ...settings }: TinySettings = {},
): Promise<Student> {
  const all = { variant: 'torch', weightDecay: 0.01, decayRule: 'original', ...settings } as const;
  return createStudent(
    runtime,
    tinyModel(layers),
    objectiveNamed('last_hidden_state'),
    all,
    async (parameters) => {
      const values = [...parameters].map(([name, value]) => [name, firstValues(name, value)] as const);
      return new Map(values);
    },
  );
}

function firstValues(name: string, { shape }: Value): Float32Array {
  const size = (shape as readonly number[]).reduce((a, b) => a * b, 1);
  if (name.endsWith('LayerNorm.weight')) return new Float32Array(size).fill(1);
  return randomStream(0, name).normals(size, 0, 0.1);
}

const pairs = 4;

/** A step of `parts` batches of four pairs each, for a `loss` that may be more than the mean squared error. */
export function tinyStep(step: number, parts = 1, loss?: LossSettings): Batch[] {
  const model = tinyModel(1);
  return Array.from({ length: parts }, (_, part) => {
    const random = randomStream(step, `part ${part}`);
    const texts = Array.from({ length: 2 * pairs }, (_, i) =>
      Int32Array.from(random.normals(3 + ((i + step) % 5), 0, 10), (x) => 2 + (Math.abs(Math.round(x)) % 50)),
    );
    const sentences = Array.from({ length: pairs }, (_, i) => pairs * part + i);
    // The teacher's row of a position, the same in all texts: there is something to learn. InfoNCE tells sentences apart.
    const rowsOf = (sentence: number) =>
      randomStream(0, 'teacher', loss === undefined ? 0 : sentence).normals(promptLength * hidden, 0, 1);
    const targets = [...sentences, ...sentences].map(rowsOf);
    const scale = 1 / (parts * pairs * promptLength * hidden);
    const spread = loss !== undefined && spreadsPads(loss, model);
    const batch = makeBatch(texts, targets, scale, {
      model,
      padId: pad,
      perPosition: true,
      fold: true,
      spread,
    });
    if (loss === undefined) return batch;
    const facts = {
      positionWeights: new Float32Array(promptLength).fill(1),
      center: new Float32Array(hidden),
    };
    return { ...batch, lossFeeds: lossFeeds(loss, facts, sentences), sentences };
  });
}

/** Mean loss of each of some steps. */
export async function tinyTraining(
  student: Student,
  {
    from = 0,
    to,
    parts = 1,
    learningRate = 0.01,
  }: { from?: number; to: number; parts?: number; learningRate?: number },
): Promise<number[]> {
  const losses: number[] = [];
  for (let step = from; step < to; step++) {
    const batches = tinyStep(step, parts);
    const sums = await student.learn(batches, learningRate);
    const constants = batches.flatMap(({ constants }) => [...constants]);
    const total = [...sums.flatMap((each) => [...each]), ...constants].reduce((a, b) => a + b, 0);
    losses.push(total / (parts * pairs * promptLength * hidden));
  }
  return losses;
}
