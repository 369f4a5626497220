import { expect, test } from 'vitest';
import { encoderModel } from '../encoders/family.ts';
import { randomStream } from '../random/stream.ts';
import { compile } from '../runtime/compile.ts';
import { openRuntime } from '../runtime/node.ts';
import { floatTensor, type Tensor } from '../runtime/tensor.ts';
import { promptLength } from '../text/tokenizer.ts';
import { type Batch, makeBatch } from './batch.ts';
import { openContrast } from './contrast.ts';
import { type LossSettings, lossFeeds } from './loss.ts';
import { objectiveNamed } from './objective.ts';
import { gradientName, lossScaleName, type StepOptions, stepGraph } from './stepGraph.ts';
import { smallRoberta as config } from './testing.ts';

const loss: LossSettings = {
  english: 0.7,
  korean: 1.3,
  positions: 'reading',
  cosine: 0.8,
  contrastive: 40,
  temperature: 0.2,
};
/** English and Korean of five pairs; the first and the last have one sentence, and do not fall into one part. */
const pairs = [
  { en: [0, 5, 9, 2], ko: [0, 3, 2], sentence: 4 },
  { en: [0, 7, 8, 11, 13, 28, 2], ko: [0, 3, 4, 5, 6, 2], sentence: 7 },
  { en: [0, 14, 2], ko: [0, 15, 16, 2], sentence: 8 },
  { en: [0, 17, 2], ko: [0, 18, 19, 21, 2], sentence: 9 },
  { en: [0, 5, 9, 2], ko: [0, 20, 21, 2], sentence: 4 },
];
const facts = {
  positionWeights: randomStream(6, 'weights').normals(promptLength).map(Math.abs),
  center: randomStream(7, 'center').normals(config.hidden_size, 0, 0.1),
};
const rowValues = promptLength * config.hidden_size;

/** The pairs of a step, or of a part of it, with one number for all of the step. */
function batchOf(model: ReturnType<typeof encoderModel>, some: typeof pairs): Batch {
  const sentences = some.map(({ sentence }) => sentence);
  const targets = sentences.map((sentence) => randomStream(5, 'target', sentence).normals(rowValues));
  const texts = [...some.map(({ en }) => en), ...some.map(({ ko }) => ko)];
  const scale = 1 / (pairs.length * rowValues);
  const options = { model, padId: 1, perPosition: true, fold: true, spread: true };
  const batch = makeBatch(texts, [...targets, ...targets], scale, options);
  return { ...batch, lossFeeds: lossFeeds(loss, facts, sentences), sentences };
}

test.each([
  ['f32', 1, 1e-4],
  ['f16', 16, 2e-2],
] as const)(
  'a step in parts has the gradient of the whole one, though InfoNCE compares all of its texts: %s',
  async (precision, lossScale, tolerance) => {
    const runtime = await openRuntime('cpu', { threads: 1 });
    const model = encoderModel('roberta', config, 'config');
    const build = (options: StepOptions) =>
      stepGraph(model, objectiveNamed('last_hidden_state'), 'length', { loss, ...options });
    const [whole, parted] = [build({}), build({ inParts: true, precision })];
    const parameters = Object.fromEntries(
      [...whole.parameters].map(([name, { shape }]) => {
        const sizes = shape as number[];
        const count = sizes.reduce((a, b) => a * b, 1);
        return [name, floatTensor(randomStream(3, name).normals(count, 0, 0.4), sizes)];
      }),
    );
    const session = await compile(runtime, whole.graph, { ...whole.gradients });
    const { feeds, lossFeeds: extra } = batchOf(model, pairs);
    const fed: Record<string, Tensor> = { ...feeds, ...extra, ...parameters };
    const expected = await session.run(
      Object.fromEntries(session.inputs.map((name) => [name, fed[name] as Tensor])),
    );

    const parts = [pairs.slice(0, 2), pairs.slice(2, 3), pairs.slice(3)].map((some) => batchOf(model, some));
    const contrast = await openContrast(runtime, parted.means!, loss);
    const slopes = await contrast.slopesOf(parts, parameters);
    const part = await compile(runtime, parted.graph, { ...parted.gradients });
    const sums = new Map<string, number[]>();
    for (const [i, { feeds: own, lossFeeds: more }] of parts.entries()) {
      const all: Record<string, Tensor> = {
        ...own,
        ...more,
        ...slopes[i],
        ...parameters,
        [lossScaleName]: floatTensor(Float32Array.of(lossScale), []),
      };
      const results = await part.run(
        Object.fromEntries(part.inputs.map((name) => [name, all[name] as Tensor])),
      );
      for (const name of parted.parameters.keys()) {
        const gradient = [...(results[gradientName(name)]!.data as Float32Array)];
        sums.set(
          name,
          gradient.map((value, at) => value / lossScale + (sums.get(name)?.[at] ?? 0)),
        );
      }
    }

    // InfoNCE is no small part of it.
    expect(Math.max(...(slopes[0]!['loss_slopes']!.data as Float32Array).map(Math.abs))).toBeGreaterThan(0.1);
    const sizeOf = (values: Iterable<number>) => Math.max(...Array.from(values, Math.abs));
    const gradientOf = (name: string) => expected[gradientName(name)]!.data as Float32Array;
    const most = Math.max(...[...sums.keys()].map((name) => sizeOf(gradientOf(name))));
    for (const [name, sum] of sums) {
      const gradient = gradientOf(name);
      const error = sizeOf(sum.map((value, at) => value - gradient[at]!));
      // The true gradient of a key's bias is 0.
      expect(error, name).toBeLessThan(tolerance * (sizeOf(gradient) + most / 100));
    }
  },
);
