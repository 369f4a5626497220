import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { encoderModel } from '../encoders/family.ts';
import type { EncoderModel } from '../encoders/model.ts';
import { randomStream } from '../random/stream.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import type { Runtime } from '../runtime/session.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { promptLength } from '../text/tokenizer.ts';
import { makeBatch } from './batch.ts';
import { objectiveNamed } from './objective.ts';
import { stepGraph } from './stepGraph.ts';

const padId = 1;
const config = {
  vocab_size: 40,
  hidden_size: 12,
  intermediate_size: 20,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  max_position_embeddings: 80,
  type_vocab_size: 1,
  layer_norm_eps: 1e-5,
  pad_token_id: padId,
};
const roberta = encoderModel('roberta', config, 'config.json');

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu');
});

/** Losses of the texts, and the gradient of every parameter. */
async function stepOf(
  model: EncoderModel,
  objectiveName: 'last_hidden_state' | 'pooler_output',
  lengths: readonly number[],
  fold: boolean,
) {
  const objective = objectiveNamed(objectiveName);
  const { perPosition } = objective;
  const step = stepGraph(model, objective, 'length');
  const session = await compile(runtime, step.graph, { losses: step.losses, ...step.gradients });
  const values = randomStream(0, 'texts');
  const texts = lengths.map((length) => [
    0,
    ...Array.from({ length: length - 1 }, () => 2 + values.below(38)),
  ]);
  const rowValues = (perPosition ? promptLength : 1) * 12;
  const targets = texts.map((_, i) => randomStream(0, 'target', i).normals(rowValues));
  const batch = makeBatch(texts, targets, 0.5, { model, padId, perPosition, fold });
  const parameters = Object.fromEntries(
    [...step.parameters].map(([name, { shape }]) => {
      const size = (shape as readonly number[]).reduce((a, b) => a * b, 1);
      return [name, floatTensor(randomStream(0, name).normals(size, 0, 0.3), shape as readonly number[])];
    }),
  );
  const { losses, ...gradients } = await session.run({ ...batch.feeds, ...parameters });
  await session.dispose();
  const sums = Array.from(losses!.data as Float32Array, (loss, i) => loss + batch.constants[i]!);
  return { sums, gradients };
}

const largest = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs));

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, what: string, floor = 1e-6): void {
  const scale = Math.max(floor, largest(wanted));
  for (let i = 0; i < wanted.length; i++) {
    expect(Math.abs(found[i]! - wanted[i]!) / scale, `${what}[${i}]`).toBeLessThan(1e-4);
  }
}

test.each(['last_hidden_state', 'pooler_output'] as const)(
  'packed texts have the losses of padded ones on %s, and give the same gradients',
  async (objective) => {
    const someLengths = fc.array(fc.integer({ min: 2, max: promptLength }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(someLengths, fc.boolean(), async (lengths, fold) => {
        const padded = await stepOf(roberta, objective, lengths, false);
        const packed = await stepOf(roberta.packed!, objective, lengths, fold);
        expectClose(packed.sums, padded.sums, 'loss');
        const wanted = Object.entries(padded.gradients).map(
          ([name, { data }]) => [name, data as Float32Array] as const,
        );
        // The true gradient of a key's bias is 0: only rounding differs.
        const floor = 1e-2 * largest(wanted.map(([, values]) => largest(values)));
        for (const [name, values] of wanted) {
          expectClose(packed.gradients[name]!.data as Float32Array, values, name, floor);
        }
      }),
      {
        numRuns: 8,
        examples: [
          [[77, 3, 40], true],
          [[5, 2, 9], true],
          [[76], true],
        ],
      },
    );
  },
);
