import { beforeAll, describe, expect, test } from 'vitest';
import { encoderModel } from '../encoders/family.ts';
import type { EncoderModel } from '../encoders/model.ts';
import { createGraph } from '../graph/graph.ts';
import { randomStream } from '../random/stream.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import type { Runtime } from '../runtime/session.ts';
import { floatTensor, type Tensor } from '../runtime/tensor.ts';
import { promptLength } from '../text/tokenizer.ts';
import { type Batch, makeBatch } from './batch.ts';
import { objectiveNamed } from './objective.ts';
import { gradientName, stepGraph } from './stepGraph.ts';
import { type StudentKind, studentKindNames, studentKinds } from './students.ts';

/** The keys of all kinds, with odd sizes, so that no two are taken for each other. */
const config = {
  vocab_size: 29,
  hidden_size: 12,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  max_position_embeddings: 80,
  layer_norm_eps: 1e-5,
  pad_token_id: 1,
  projection_dim: 10,
  reader_heads: 2,
  reader_layers: 2,
  dim: 12,
  hidden_dim: 20,
  n_layers: 2,
  n_heads: 3,
};
const objective = objectiveNamed('last_hidden_state');
const texts = [
  [0, 5, 9, 2],
  [0, 7, 8, 11, 13, 28, 2],
  [0, 2],
  [0, 3, 4, 5, 6, 2],
];
let runtime: Runtime;

beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
});

function targetsFor({ hiddenSize }: EncoderModel): Float32Array[] {
  return texts.map((_, i) => randomStream(5, 'target', i).normals(promptLength * hiddenSize));
}

function batch(model: EncoderModel, fold: boolean): Batch {
  return makeBatch(texts, targetsFor(model), 1, { model, padId: 1, perPosition: true, fold });
}

/** Random everywhere: no zero bias, no norm that does nothing. */
function randomParameters(step: ReturnType<typeof stepGraph>): Record<string, Tensor> {
  return Object.fromEntries(
    [...step.parameters].map(([name, { shape }]) => {
      const sizes = shape as number[];
      const count = sizes.reduce((a, b) => a * b, 1);
      return [name, floatTensor(randomStream(3, name).normals(count, 0, 0.4), sizes)];
    }),
  );
}

/** Mean losses of the texts, and every gradient. */
async function differentiate(model: EncoderModel, fold: boolean) {
  const step = stepGraph(model, objective, model.equalPadId === undefined ? promptLength : 'length');
  const session = await compile(runtime, step.graph, { losses: step.losses, ...step.gradients });
  const { feeds, constants } = batch(model, fold);
  const results = await session.run({ ...feeds, ...randomParameters(step) });
  await session.dispose();
  const rows = promptLength * model.hiddenSize;
  const sums = results['losses']!.data as Float32Array;
  return {
    losses: Array.from(sums, (sum, i) => (sum + constants[i]!) / rows),
    gradients: new Map(
      [...step.parameters.keys()].map((name) => [name, results[gradientName(name)]!.data as Float32Array]),
    ),
  };
}

const perPosition = studentKindNames.filter((name) => studentKinds[name].objective === 'last_hidden_state');

describe.each(perPosition)('a student of kind %s', (name) => {
  const { modelType }: StudentKind = studentKinds[name];
  const model = encoderModel(modelType, config, 'config');

  test('has the same losses and gradients with its pads folded', async () => {
    const folded = await differentiate(model, true);
    const padded = await differentiate(model, false);
    folded.losses.forEach((loss, i) => {
      expect(Math.abs(loss - padded.losses[i]!)).toBeLessThan(1e-5 * padded.losses[i]!);
    });
    const tolerance = 1e-5 * Math.max(...[...padded.gradients.values()].map(largest));
    for (const [parameter, gradient] of padded.gradients) {
      const other = folded.gradients.get(parameter)!;
      const error = largest(gradient.map((value, i) => value - other[i]!));
      expect(error, parameter).toBeLessThan(tolerance);
    }
  });

  test('learns all its parameters: each has a gradient that is not zero', async () => {
    const { gradients } = await differentiate(model, true);
    for (const [parameter, gradient] of gradients) {
      if (/(key|k_proj|k_lin)\.bias$/.test(parameter)) continue; // a shift of all scores changes no probability
      expect(largest(gradient), parameter).toBeGreaterThan(1e-4);
    }
  });
});

function largest(values: Float32Array): number {
  return Math.max(...values.map(Math.abs));
}

test.each(['roberta-bias', 'roberta-counting', 'roberta-reader'] as const)(
  'rows after the end of a text differ in a %s, as they do not in a RoBERTa',
  async (name) => {
    const spreadAfterEnd = async (modelType: string) => {
      const model = encoderModel(modelType, config, 'config');
      const step = stepGraph(model, objective, promptLength);
      const rows = objective.student(model.build(createGraph(), promptLength));
      const session = await compile(runtime, rows.graph, { rows });
      const { target: _, weight: __, scale: ___, ...feeds } = batch(model, false).feeds;
      const results = await session.run({ ...feeds, ...randomParameters(step) });
      await session.dispose();
      const data = results['rows']!.data as Float32Array;
      const row = (p: number) => data.subarray(p * model.hiddenSize, (p + 1) * model.hiddenSize);
      return Math.max(...row(60).map((value, j) => Math.abs(value - row(61)[j]!)));
    };
    expect(await spreadAfterEnd('roberta')).toBeLessThan(1e-6);
    expect(await spreadAfterEnd(studentKinds[name].modelType)).toBeGreaterThan(1e-3);
  },
);
